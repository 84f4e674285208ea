//! Does whoever runs the server learn how it stands? systemd by its socket, a container's health check by asking.

use std::{fmt::Write as _, fs, os::unix::net::UnixDatagram, path::Path, process::Stdio, time::Duration};

use rcgen::{CertificateParams, KeyPair};

use crate::program::{err, out, program, run, signal, wait};

/// A directory with a configuration without a tenant, listening at any port of `address`.
fn home(address: &str, more: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    // A port that was free a moment ago: `health` reads the configuration, which must say which one.
    let port = std::net::TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port();
    fs::write(home.path().join("scorewatch.toml"), format!("[server]\nlisten = \"{address}:{port}\"\n{more}")).unwrap();
    home
}

/// Runs `serve`, and what it tells a service manager.
struct Managed {
    child: std::process::Child,
    socket: UnixDatagram,
}

impl Managed {
    fn start(home: &Path) -> Self {
        let place = home.join("notify");
        let socket = UnixDatagram::bind(&place).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let child = program(home).arg("serve").env("NOTIFY_SOCKET", place).stderr(Stdio::null()).spawn().unwrap();
        Self { child, socket }
    }

    fn told(&self) -> String {
        let mut bytes = [0; 512];
        let length = self.socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }
}

impl Drop for Managed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_service_manager_learns_of_start_reload_and_stop() {
    let home = home("127.0.0.1", "");
    let mut server = Managed::start(home.path());
    assert_eq!(server.told(), "READY=1\n");
    assert!(run(home.path(), &["health"]).status.success(), "who is ready answers");
    signal(&server.child, "-HUP");
    let told = server.told();
    assert!(told.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{told}");
    assert_eq!(server.told(), "READY=1\nSTATUS=Configuration reloaded\n");
    // A configuration that is refused leaves the server as it was.
    fs::write(home.path().join("scorewatch.toml"), "[server]\nlisten = \"nowhere\"\n").unwrap();
    signal(&server.child, "-HUP");
    assert!(server.told().starts_with("RELOADING=1"));
    let told = server.told();
    assert!(told.starts_with("READY=1\nSTATUS=Configuration refused"), "{told}");
    signal(&server.child, "-TERM");
    assert_eq!(server.told(), "STOPPING=1\n");
    assert!(wait("stopping", || server.child.try_wait().unwrap()).success());
}

#[test]
fn a_health_check_asks_the_server_that_is_configured() {
    let home = home("127.0.0.1", "");
    let nobody = run(home.path(), &["health"]);
    assert_eq!(nobody.status.code(), Some(69), "{}", err(&nobody));
    assert!(err(&nobody).contains("No scorewatch answers at http://127.0.0.1:") && err(&nobody).contains("/healthz"), "{}", err(&nobody));
    let server = Managed::start(home.path());
    server.told();
    let healthy = run(home.path(), &["health"]);
    assert!(healthy.status.success() && out(&healthy).starts_with("alive at 127.0.0.1:"), "{}", err(&healthy));
    assert!(out(&run(home.path(), &["health", "--ready"])).starts_with("ready at 127.0.0.1:"));
    let elsewhere = run(home.path(), &["health", "--listen", "127.0.0.1:1"]);
    assert_eq!(elsewhere.status.code(), Some(69), "{}", err(&elsewhere));
    // A file that is being edited does not make a good server sick; where the address itself is wrong, it can be named.
    let file = home.path().join("scorewatch.toml");
    let address = out(&healthy).trim().rsplit(' ').next().unwrap().to_owned();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}\n[tenants.contoso]\nclient_secret_file = \"gone\"\n[nonsense]\nkey = 7\n")).unwrap();
    let edited = run(home.path(), &["health"]);
    assert!(edited.status.success(), "{}", err(&edited));
    fs::write(&file, "[server]\nlisten = 7\n").unwrap();
    assert_eq!(run(home.path(), &["health"]).status.code(), Some(78));
    let named = run(home.path(), &["health", "--listen", &address]);
    assert!(named.status.success(), "{}", err(&named));
    assert_eq!(run(home.path(), &["health", "--listen", "nowhere"]).status.code(), Some(2));
}

#[test]
fn a_health_check_reaches_a_server_with_tls_on_all_addresses() {
    let mut more = String::new();
    let files = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["scores.example.com".to_owned()]).unwrap().self_signed(&key).unwrap();
    for (name, pem) in [("tls_certificate", certificate.pem()), ("tls_key", key.serialize_pem())] {
        let file = files.path().join(name);
        fs::write(&file, pem).unwrap();
        let _ = writeln!(more, "{name} = \"{}\"", file.display());
    }
    let home = home("0.0.0.0", &more);
    let server = Managed::start(home.path());
    assert_eq!(server.told(), "READY=1\n");
    let healthy = run(home.path(), &["health", "--ready"]);
    assert!(healthy.status.success() && out(&healthy).starts_with("ready at 127.0.0.1:"), "{}", err(&healthy));
    let address = out(&healthy).trim().rsplit(' ').next().unwrap().to_owned();
    assert!(run(home.path(), &["health", "--listen", &address]).status.success(), "with TLS, and nobody said so");
}
