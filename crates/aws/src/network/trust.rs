//! Which certificates to trust: those that `AWS_CA_BUNDLE` names, otherwise the system's, which `SSL_CERT_FILE`
//! replaces.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use thiserror::Error;

use super::Environment;
use leastwise_files as files;

/// Why a file of certificates cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrustError {
    /// It cannot be read.
    #[error("{variable}: cannot read `{}`: {error}", path.display())]
    Read {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// There is nothing in it.
    #[error("{variable}: `{}` contains no certificate", path.display())]
    Empty {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// All that is in it only looks like certificates.
    #[error("{variable}: no usable certificate in `{}`: {error}", path.display())]
    Unfit {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not the first.
        error: String,
    },
    /// Something in it is damaged.
    #[error("{variable}: certificate {number} in `{}` cannot be used: {error}", path.display())]
    Damaged {
        /// The variable.
        variable: &'static str,
        /// The file.
        path: PathBuf,
        /// Which, from 1.
        number: usize,
        /// Why.
        error: String,
    },
}

impl TrustError {
    /// How to fix it.
    pub fn help(&self) -> &'static str {
        "set it to a PEM file of root certificates (-----BEGIN CERTIFICATE-----), or unset it to use the system's \
         certificates"
    }
}

/// The certificates of a file, in PEM form and parsed.
struct Bundle {
    pem: Vec<u8>,
    certificates: Vec<CertificateDer<'static>>,
}

/// The certificates in `AWS_CA_BUNDLE`, if set, in PEM form: trusted instead of the system's. A dependency
/// loads the system's certificates, but it would silently trust none if `SSL_CERT_FILE` were unusable, so
/// that is checked here.
pub(super) fn bundle(environment: Environment<'_>) -> Result<Option<Vec<u8>>, TrustError> {
    let named = |variable| {
        environment(variable)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    if let Some(path) = named("AWS_CA_BUNDLE") {
        let bundle = read("AWS_CA_BUNDLE", &path)?;
        let mut roots = RootCertStore::empty();
        for (certificate, number) in bundle.certificates.iter().zip(1..) {
            let damaged = |error: rustls::Error| TrustError::Damaged {
                variable: "AWS_CA_BUNDLE",
                path: path.clone(),
                number,
                error: error.to_string(),
            };
            roots.add(certificate.clone()).map_err(damaged)?;
        }
        return Ok(Some(bundle.pem));
    }
    if let Some(path) = named("SSL_CERT_FILE") {
        // A system's list may contain invalid certificates; if there are no others, nothing would be trusted.
        let bundle = read("SSL_CERT_FILE", &path)?;
        let mut roots = RootCertStore::empty();
        let odd: Vec<_> = bundle
            .certificates
            .into_iter()
            .filter_map(|it| roots.add(it).err())
            .collect();
        if let (true, Some(first)) = (roots.is_empty(), odd.first()) {
            return Err(TrustError::Unfit {
                variable: "SSL_CERT_FILE",
                path,
                error: first.to_string(),
            });
        }
    }
    Ok(None)
}

fn read(variable: &'static str, path: &Path) -> Result<Bundle, TrustError> {
    let pem = File::open(path).and_then(|file| files::bounded(file, files::CERTIFICATES));
    let pem = pem.map_err(|error| TrustError::Read {
        variable,
        path: path.to_owned(),
        error,
    })?;
    let mut certificates = Vec::new();
    for (certificate, number) in CertificateDer::pem_slice_iter(&pem).zip(1..) {
        let damaged = |error: pem::Error| TrustError::Damaged {
            variable,
            path: path.to_owned(),
            number,
            error: error.to_string(),
        };
        certificates.push(certificate.map_err(damaged)?);
    }
    if certificates.is_empty() {
        Err(TrustError::Empty {
            variable,
            path: path.to_owned(),
        })
    } else {
        Ok(Bundle { pem, certificates })
    }
}
