-- Which service plans a tenant subscribes to, where its configuration asks for that, and when Graph was asked.
CREATE TABLE service_plans (
  tenant BIGINT PRIMARY KEY REFERENCES tenants (id),
  asked_ms BIGINT NOT NULL,
  plans TEXT                 -- a list of names, as JSON behind the version of its form; NULL where Graph does not let us read it
);
