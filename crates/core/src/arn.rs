//! Amazon Resource Names: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`.

/// The parts of one. Those that a text does not have are empty: nothing equals them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
    /// `iam` and the like.
    pub service: &'a str,
    /// Empty for what is not of one Region.
    pub region: &'a str,
    /// The account's id; `aws` for a policy of AWS.
    pub account: &'a str,
    /// All of the rest, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// The parts of a text, whatever it is.
    pub fn of(text: &'a str) -> Self {
        let mut parts = text.splitn(6, ':').skip(1);
        let mut next = || parts.next().unwrap_or_default();
        Self {
            partition: next(),
            service: next(),
            region: next(),
            account: next(),
            resource: next(),
        }
    }

    /// The parts of a text that begins with `arn:` and has all of them.
    pub fn parse(text: &'a str) -> Option<Self> {
        (text.starts_with("arn:") && text.matches(':').nth(4).is_some()).then(|| Self::of(text))
    }

    /// Whether it names an IAM user.
    pub fn is_user(&self) -> bool {
        self.resource.starts_with("user/")
    }
}

/// The name at the end of an ARN or of a path, or the whole.
pub fn last_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// Whether a text is an account's id: twelve digits.
pub fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Arn, is_account_id, last_name};

    #[test]
    fn what_a_text_lacks_is_empty_and_the_resource_keeps_its_colons() {
        let arn = Arn::of("arn:aws:logs:eu-west-1:111111111111:log-group:/a:b");
        assert_eq!(
            (arn.partition, arn.service, arn.region, arn.account, arn.resource),
            ("aws", "logs", "eu-west-1", "111111111111", "log-group:/a:b")
        );
        assert_eq!(
            Arn::parse("arn:aws:iam::aws:policy/a").map(|arn| arn.account),
            Some("aws")
        );
        for text in [
            "",
            "arn:aws:iam",
            "arn:aws:iam::111111111111",
            "arm:aws:iam::111111111111:user/a",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
        assert_eq!(
            Arn::of("arn:aws:iam::1"),
            Arn {
                partition: "aws",
                service: "iam",
                account: "1",
                ..Arn::default()
            }
        );
    }

    #[test]
    fn names_and_ids() {
        assert_eq!(
            (last_name("arn:aws:iam::aws:policy/job/View"), last_name("plain")),
            ("View", "plain")
        );
        assert!(
            is_account_id("000000000000") && !is_account_id("00000000000") && !is_account_id("00000000000a")
        );
    }
}
