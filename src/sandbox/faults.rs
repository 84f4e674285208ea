//! How does the sandbox misbehave when told to? Rules, each for so many requests, consulted before every answer.

use std::sync::{
    Mutex,
    atomic::{AtomicBool, Ordering},
};

use super::held;

/// One kind of misbehaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InjectedFault {
    /// 429, with this `Retry-After` (seconds or an HTTP date) or without one, as Graph's security workload often does.
    Throttle {
        /// The header's value.
        retry_after: Option<String>,
    },
    /// This status with this body, whatever it is.
    Status(u16, String),
    /// The promised length, but the connection closes after so many bytes of the body.
    Cut {
        /// How many bytes still arrive.
        after_bytes: usize,
    },
    /// No answer at all, until the asker goes away or the sandbox stops.
    Hang,
    /// 403: signed in, but the permission was never granted. Graph only.
    Forbidden,
    /// Every page names this address as its next. Graph only.
    NextLinkTo(String),
    /// One byte of the body has its lowest bit turned (counted from 0, modulo the body's length).
    Flip {
        /// Which one.
        byte: usize,
    },
    /// An empty `value`, as if nothing was ever published. Graph only.
    EmptyValue,
    /// 401 as a tenant in another cloud gets it. Graph only.
    InvalidCloudInstance,
    /// The client secret has expired (AADSTS7000222). Token endpoint only; the rule strikes sign-ins wherever it is placed.
    ExpiredSecret,
    /// The app has no service principal in the tenant: nobody consented, or consent was revoked (AADSTS7000229). Token endpoint only, as above.
    NoConsent,
}

impl InjectedFault {
    /// Whether it is one of the token endpoint alone.
    const fn is_of_sign_in(&self) -> bool {
        matches!(self, Self::ExpiredSecret | Self::NoConsent)
    }
}

/// Where a rule strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultTarget {
    /// The token endpoint.
    SignIn,
    /// Graph.
    Graph,
}

/// A fault, where it strikes and how often. Made by [`FaultRule::new`], narrowed by the rest.
#[derive(Debug, Clone)]
pub struct FaultRule {
    fault: InjectedFault,
    place: FaultTarget,
    tenant: Option<String>,
    path: Option<String>,
    left: Option<usize>,
}

impl FaultRule {
    /// `fault` once, for the next request of any tenant: to Graph, except for those of the token endpoint alone.
    pub fn new(fault: InjectedFault) -> Self {
        let place = if fault.is_of_sign_in() { FaultTarget::SignIn } else { FaultTarget::Graph };
        Self { fault, place, tenant: None, path: None, left: Some(1) }
    }

    /// Strikes at the token endpoint instead.
    #[must_use]
    pub fn at_sign_in(mut self) -> Self {
        self.place = FaultTarget::SignIn;
        self
    }

    /// Strikes only the tenant of this short name.
    #[must_use]
    pub fn tenant(mut self, name: impl Into<String>) -> Self {
        self.tenant = Some(name.into());
        self
    }

    /// Strikes only paths that contain this, such as `secureScoreControlProfiles`.
    #[must_use]
    pub fn path(mut self, part: impl Into<String>) -> Self {
        self.path = Some(part.into());
        self
    }

    /// Strikes so many requests.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    /// Strikes until [`Faults::clear`].
    #[must_use]
    pub fn always(mut self) -> Self {
        self.left = None;
        self
    }

    fn strikes(&self, place: FaultTarget, tenant: &str, path: &str) -> bool {
        self.place == place
            && self.left != Some(0)
            && self.tenant.as_deref().is_none_or(|name| name == tenant)
            && self.path.as_deref().is_none_or(|part| path.contains(part))
    }
}

/// The rules in force.
#[derive(Debug)]
pub struct Faults {
    rules: Mutex<Vec<FaultRule>>,
    limits: AtomicBool,
}

impl Default for Faults {
    fn default() -> Self {
        Self { rules: Mutex::default(), limits: AtomicBool::new(true) }
    }
}

impl Faults {
    /// `fault` for the next request that it fits. Several queue up, one request each.
    pub fn next(&self, fault: InjectedFault) {
        self.add(FaultRule::new(fault));
    }

    /// Puts a rule behind those in force. The first that fits a request strikes, alone.
    pub fn add(&self, rule: FaultRule) {
        held(&self.rules).push(rule);
    }

    /// Ends all misbehaviour; the limits stay as they are.
    pub fn clear(&self) {
        held(&self.rules).clear();
    }

    /// Whether Graph's own limits hold (4 requests in flight and 150 a minute per tenant). They do from the start.
    pub fn limit(&self, on: bool) {
        self.limits.store(on, Ordering::Relaxed);
    }

    pub(super) fn limits(&self) -> bool {
        self.limits.load(Ordering::Relaxed)
    }

    /// The fault that strikes this request, if any.
    pub(super) fn strike(&self, place: FaultTarget, tenant: &str, path: &str) -> Option<InjectedFault> {
        let mut rules = held(&self.rules);
        let position = rules.iter().position(|rule| rule.strikes(place, tenant, path))?;
        let rule = rules.get_mut(position)?;
        let fault = rule.fault.clone();
        rule.left = rule.left.map(|left| left.saturating_sub(1));
        if rule.left == Some(0) {
            rules.remove(position);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_strike_in_order_and_run_out() {
        let faults = Faults::default();
        faults.add(FaultRule::new(InjectedFault::Hang).tenant("fabrikam"));
        faults.next(InjectedFault::Forbidden);
        faults.next(InjectedFault::ExpiredSecret);
        assert_eq!(faults.strike(FaultTarget::Graph, "contoso", "/x"), Some(InjectedFault::Forbidden));
        assert_eq!(faults.strike(FaultTarget::Graph, "contoso", "/x"), None);
        assert_eq!(faults.strike(FaultTarget::SignIn, "contoso", "/x"), Some(InjectedFault::ExpiredSecret));
        assert_eq!(faults.strike(FaultTarget::Graph, "fabrikam", "/x"), Some(InjectedFault::Hang));
    }

    #[test]
    fn a_standing_rule_stays_until_cleared() {
        let faults = Faults::default();
        faults.add(FaultRule::new(InjectedFault::EmptyValue).path("Profiles").always());
        for _ in 0..3 {
            assert_eq!(faults.strike(FaultTarget::Graph, "contoso", "/secureScoreControlProfiles"), Some(InjectedFault::EmptyValue));
        }
        assert_eq!(faults.strike(FaultTarget::Graph, "contoso", "/secureScores"), None);
        faults.clear();
        assert_eq!(faults.strike(FaultTarget::Graph, "contoso", "/secureScoreControlProfiles"), None);
    }
}
