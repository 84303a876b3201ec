//! URLs: where the index is, and which URLs in it may be followed.

use http::Uri;

use super::UpdateError;

/// The index of AWS's service reference.
pub(super) const AWS: &str = "https://servicereference.us-east-1.amazonaws.com/";

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Site {
    scheme: &'static str,
    host: String,
    port: u16,
}

/// The address of an index.
#[derive(Debug, Clone)]
pub(super) struct Base {
    site: Site,
    path: String,
}

impl Site {
    /// The site of an absolute address, and the path there. `None` for any other scheme, and for addresses with a user name:
    /// they are made to be misread.
    fn of(url: &str) -> Option<(Self, String)> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri
            .authority()
            .filter(|authority| !authority.as_str().contains('@'))?;
        let (scheme, usual) = match uri.scheme_str()? {
            "https" => ("https", 443),
            "http" => ("http", 80),
            _ => return None,
        };
        let (host, port) = (
            authority.host().to_ascii_lowercase(),
            authority.port_u16().unwrap_or(usual),
        );
        // A port that is no number reads as none.
        let has_port = authority.as_str().len() > host.len();
        if host.is_empty() || has_port && authority.port_u16().is_none() {
            return None;
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        Some((Self { scheme, host, port }, path.to_owned()))
    }

    /// For addresses and messages.
    pub(super) fn root(&self) -> String {
        match (self.scheme, self.port) {
            ("https", 443) | ("http", 80) => format!("{}://{}", self.scheme, self.host),
            _ => format!("{}://{}:{}", self.scheme, self.host, self.port),
        }
    }
}

impl Base {
    pub(super) fn of(url: &str) -> Result<Self, UpdateError> {
        let (site, path) = Site::of(url).ok_or_else(|| UpdateError::BadAddress(url.to_owned()))?;
        Ok(Self { site, path })
    }

    pub(super) fn site(&self) -> &Site {
        &self.site
    }

    /// The index itself.
    pub(super) fn index(&self) -> String {
        format!("{}{}", self.site.root(), self.path)
    }

    /// An address of the same site, absolute or beginning with a slash; `None` for every other one.
    pub(super) fn here(&self, url: &str) -> Option<String> {
        if url.starts_with('/') && !url.starts_with("//") {
            let url = format!("{}{url}", self.site.root());
            return url.parse::<Uri>().is_ok().then_some(url);
        }
        let (site, path) = Site::of(url)?;
        (site == self.site).then(|| format!("{}{path}", site.root()))
    }

    /// Where a file of the index is. A mirror hands out AWS's index as it is: an address at AWS is then one below the
    /// mirror's own.
    pub(super) fn file(&self, url: &str) -> Option<String> {
        self.here(url).or_else(|| {
            let (site, path) = Site::of(url)?;
            let (aws, _) = Site::of(AWS)?;
            (site == aws).then(|| format!("{}{}{path}", self.site.root(), self.folder()))
        })
    }

    /// The path of the mirror without a slash at the end; the name of the index does not belong to it.
    fn folder(&self) -> &str {
        let path = self
            .path
            .split_once('?')
            .map_or(self.path.as_str(), |(path, _)| path);
        match path.rsplit_once('/') {
            Some((folder, name)) if name.is_empty() || name.ends_with(".json") => folder,
            _ => path,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AWS, Base};

    fn followed(base: &str, url: &str) -> Option<String> {
        Base::of(base).ok()?.file(url)
    }

    #[test]
    fn only_the_index_s_own_site_is_followed() {
        let own = "https://servicereference.us-east-1.amazonaws.com/v1/s3/s3.json";
        assert_eq!(followed(AWS, own).as_deref(), Some(own));
        assert_eq!(followed(AWS, "/v1/s3/s3.json").as_deref(), Some(own));
        let spelled = "HTTPS://ServiceReference.us-east-1.amazonaws.com:443/v1/s3/s3.json";
        assert_eq!(followed(AWS, spelled).as_deref(), Some(own));
        for other in [
            "https://evil.example/v1/s3/s3.json",
            "http://servicereference.us-east-1.amazonaws.com/v1/s3/s3.json",
            "https://servicereference.us-east-1.amazonaws.com:8443/v1/s3/s3.json",
            "https://servicereference.us-east-1.amazonaws.com@evil.example/s3.json",
            "https://evil@servicereference.us-east-1.amazonaws.com/s3.json",
            "https://servicereference.us-east-1.amazonaws.com.evil.example/s3.json",
            "https://servicereference.us-east-1.amazonaws.com:/s3.json",
            "//evil.example/s3.json",
            "file:///etc/passwd",
            "s3.json",
            "",
        ] {
            assert_eq!(followed(AWS, other), None, "{other}");
        }
    }

    #[test]
    fn a_mirror_serves_the_addresses_that_aws_s_index_names() {
        let aws = "https://servicereference.us-east-1.amazonaws.com/v1/s3/s3.json";
        for base in [
            "http://mirror:8080/aws",
            "http://mirror:8080/aws/",
            "http://mirror:8080/aws/index.json?v=2/3",
        ] {
            assert_eq!(
                followed(base, aws).as_deref(),
                Some("http://mirror:8080/aws/v1/s3/s3.json"),
                "{base}"
            );
        }
        assert_eq!(
            followed("http://mirror", aws).as_deref(),
            Some("http://mirror/v1/s3/s3.json")
        );
        assert_eq!(
            followed("http://mirror:8080/aws/", "http://mirror/aws/s3.json"),
            None
        );
    }
}
