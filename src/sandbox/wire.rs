//! Which members does Graph send, in which types? Strings where numbers would do, and capital letters where nobody expects them.

use serde::{Serialize, Serializer, ser::SerializeMap};

/// Who provides the score; the same everywhere.
pub const VENDOR: Vendor = Vendor { provider: "SecureScore", provider_version: None, sub_provider: None, vendor: "Microsoft" };

/// A page of a collection.
#[derive(Debug, Serialize)]
pub struct WirePage<T> {
    #[serde(rename = "@odata.context")]
    pub context: &'static str,
    #[serde(rename = "@odata.nextLink", skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    pub value: Vec<T>,
}

/// `securityVendorInformation`.
#[expect(clippy::struct_field_names, reason = "the names are Graph's")]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Vendor {
    pub provider: &'static str,
    pub provider_version: Option<&'static str>,
    pub sub_provider: Option<&'static str>,
    pub vendor: &'static str,
}

/// `secureScore`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireDay<'a> {
    pub active_user_count: u32,
    pub average_comparative_scores: Vec<PeerScore>,
    pub azure_tenant_id: &'a str,
    pub control_scores: Vec<Score<'a>>,
    pub created_date_time: String,
    pub current_score: f64,
    pub enabled_services: Vec<&'static str>,
    pub id: String,
    pub licensed_user_count: u32,
    pub max_score: f64,
    pub vendor_information: Vendor,
}

/// `controlScore`, with the members that the documentation does not name.
#[expect(clippy::struct_field_names, reason = "the names are Graph's")]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Score<'a> {
    pub control_category: &'static str,
    pub control_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<String>,
    pub description: Option<String>,
    pub implementation_status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_synced: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<&'static str>,
    pub score: f64,
    pub score_in_percentage: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
}

/// Points and maximum of a category, on average.
#[derive(Debug, Clone, Copy)]
pub struct WireCategory(pub f64, pub f64);

/// `averageComparativeScore`: flat on the wire, with the seats as strings under capital names.
#[derive(Debug, Clone, Copy)]
pub struct PeerScore {
    pub average_score: f64,
    pub basis: &'static str,
    pub apps: WireCategory,
    pub data: WireCategory,
    pub device: WireCategory,
    pub identity: WireCategory,
    pub infrastructure: WireCategory,
    pub seats: Option<(&'static str, &'static str)>,
}

impl Serialize for PeerScore {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if let Some((lower, upper)) = self.seats {
            map.serialize_entry("SeatSizeRangeLowerValue", lower)?;
            map.serialize_entry("SeatSizeRangeUpperValue", upper)?;
        }
        map.serialize_entry("averageScore", &self.average_score)?;
        map.serialize_entry("basis", self.basis)?;
        let categories = [
            ("apps", self.apps),
            ("data", self.data),
            ("device", self.device),
            ("identity", self.identity),
            ("infrastructure", self.infrastructure),
        ];
        for (name, WireCategory(score, maximum)) in categories {
            map.serialize_entry(&format!("{name}Score"), &score)?;
            map.serialize_entry(&format!("{name}ScoreMax"), &maximum)?;
        }
        map.end()
    }
}

/// `subscribedSku`, as far as it is asked for.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireSubscription {
    pub capability_status: &'static str,
    pub service_plans: Vec<WireServicePlan>,
    pub sku_part_number: &'static str,
}

/// `servicePlanInfo`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireServicePlan {
    pub provisioning_status: &'static str,
    pub service_plan_name: &'static str,
}

/// `secureScoreControlProfile`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireProfile<'a> {
    pub action_type: &'static str,
    pub action_url: &'static str,
    pub azure_tenant_id: &'a str,
    pub compliance_information: [(); 0],
    pub control_category: &'static str,
    pub control_state_updates: Vec<WireStateUpdate<'a>>,
    pub deprecated: bool,
    pub id: &'a str,
    pub implementation_cost: Option<&'static str>,
    pub last_modified_date_time: Option<&'static str>,
    pub max_score: f64,
    pub rank: u32,
    pub remediation: String,
    pub remediation_impact: String,
    pub service: &'static str,
    pub threats: Vec<&'static str>,
    pub tier: &'static str,
    pub title: &'a str,
    pub user_impact: Option<&'static str>,
    pub vendor_information: Vendor,
}

/// `secureScoreControlStateUpdate`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WireStateUpdate<'a> {
    pub assigned_to: Option<&'static str>,
    pub comment: Option<&'a str>,
    pub state: &'static str,
    pub updated_by: Option<&'a str>,
    pub updated_date_time: Option<String>,
}
