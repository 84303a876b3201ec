//! Policies of AWS that AWS extends whenever its service or agent needs more. A copy would not follow, and what breaks then is
//! not an application but an agent, a node or the service's own work: they are left as they are.

/// The part of an ARN after `:iam::aws:policy/`, where a trailing `*` matches any ending, and what the policy
/// is for.
const FOLLOWED: [(&str, &str); 12] = [
    // For the service role of one service, whose documentation says to attach it.
    ("service-role/*", "a service"),
    // The agent on every managed instance, which updates itself.
    ("AmazonSSMManagedInstanceCore", "the SSM agent"),
    ("AmazonSSMManagedEC2InstanceDefaultPolicy", "the SSM agent"),
    ("AmazonSSMPatchAssociation", "the SSM agent"),
    ("CloudWatchAgent*", "the CloudWatch agent"),
    ("AWSXRayDaemonWriteAccess", "the X-Ray daemon"),
    // Nodes, networking and the control plane: they need more with a new version of Kubernetes.
    ("AmazonEKS*", "EKS"),
    ("AmazonECSTaskExecutionRolePolicy", "the ECS agent"),
    ("AmazonECSInfrastructureRolePolicy*", "ECS"),
    // New kinds of resources are backed up with new actions.
    ("AWSBackupServiceRolePolicy*", "AWS Backup"),
    ("AWSElasticBeanstalk*Tier", "the Elastic Beanstalk agent"),
    (
        "AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy",
        "Elastic Beanstalk",
    ),
];

/// What the policy is for, if AWS extends it as that needs more permissions.
pub fn followed(arn: &str) -> Option<&'static str> {
    let (_, name) = arn.split_once(":iam::aws:policy/")?;
    let is_it = |pattern: &str| match pattern.split_once('*') {
        Some((start, end)) => name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => name == pattern,
    };
    FOLLOWED
        .iter()
        .find(|(pattern, _)| is_it(pattern))
        .map(|(_, whose)| *whose)
}

#[cfg(test)]
mod tests {
    use super::followed;

    #[test]
    fn only_policies_of_aws_that_belong_to_a_service_or_agent_are_followed() {
        let of_aws = |name: &str| followed(&format!("arn:aws-us-gov:iam::aws:policy/{name}"));
        assert_eq!(
            of_aws("service-role/AWSLambdaBasicExecutionRole"),
            Some("a service")
        );
        assert_eq!(of_aws("AmazonEKS_CNI_Policy"), Some("EKS"));
        assert_eq!(
            of_aws("AWSElasticBeanstalkWebTier"),
            Some("the Elastic Beanstalk agent")
        );
        let others = [
            "ReadOnlyAccess",
            "job-function/Billing",
            "AmazonSSMManagedInstanceCore2",
            "service-role",
        ];
        assert!(others.into_iter().all(|name| of_aws(name).is_none()));
        assert_eq!(
            followed("arn:aws:iam::111111111111:policy/service-role/mine"),
            None
        );
    }
}
