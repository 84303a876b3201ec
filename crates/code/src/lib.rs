//! Policies in infrastructure as code: what defines them, where they are in a checkout, and the patch that
//! changes them there.
//!
//! Text in, text out: this crate opens no file, follows no link and runs nothing. It depends on the core alone, and only it names the
//! parsers of HCL and YAML. Texts are other people's and may be hostile; states hold secrets, of which nothing but the addresses,
//! ARNs and names of IAM resources is kept.
//!
//! | module | what |
//! |---|---|
//! | `state` | Terraform states: the address of each policy |
//! | `cdk` | what the CDK left in `cdk.out`: the construct of each resource |
//! | `tree` | one form for HCL, YAML and JSON: values with their places in the text |
//! | `hcl`, `yaml` | files as such trees |
//! | `source` | the policies in a tree |
//! | `same` | whether a piece of code means a policy |
//! | `edit` | another list of actions in the text |
//! | `checkout` | all files together: from a change to its patch |

#![warn(missing_docs)]

pub mod cdk;
mod checkout;
mod edit;
mod hcl;
mod same;
mod source;
pub mod state;
mod tree;
mod yaml;

pub use checkout::{Checkout, Found, Wanted};
