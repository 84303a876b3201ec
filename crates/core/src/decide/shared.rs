//! What to recommend for a policy that several principals share.

/// What to recommend for a policy that several principals share: `shared` in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedPolicies {
    /// One edit in place.
    InPlace,
    /// One copy for each different need.
    Fork,
    /// Both, so that the reader can choose.
    Both,
}
