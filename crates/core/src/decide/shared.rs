//! What to recommend for a policy that several principals share.

/// What to recommend for a policy that several principals share: `shared` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedPolicies {
    /// One edit that suits all.
    InPlace,
    /// One copy per need.
    Fork,
    /// Both, for the reader to choose.
    Both,
}
