//! The Region of a scan, as every AWS tool finds it.

use std::env;

use aws_config::Region;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;

use super::options::LiveOptions;

const VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// What is said, else the environment, the profile, the machine.
pub(super) fn chain(options: &LiveOptions) -> RegionProviderChain {
    // An empty variable is what a pipeline makes of a setting that is not there; the SDK would take it for a Region.
    let mut variables = VARIABLES.iter().filter_map(|name| env::var(name).ok());
    let said = options
        .region
        .clone()
        .or_else(|| variables.find(|text| !text.is_empty()));
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &options.profile {
        profile = profile.profile_name(name);
    }
    RegionProviderChain::first_try(said.map(Region::new))
        .or_else(profile.build())
        .or_else(ImdsRegionProvider::builder().build())
}
