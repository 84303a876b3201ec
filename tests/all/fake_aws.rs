//! The fake AWS itself: each protocol by hand, and pages that reach everything once.
//!
//! The shapes are those of the AWS CLI's own examples, as far as they are used.

use std::collections::BTreeSet;

use leastwise_core::evidence::Finding;
use leastwise_core::policy;
use serde_json::{Value, json};

use crate::fake::{Fake, Invented, World};
use crate::harness::small::{
    ANALYZER, MANAGEMENT, MEMBER, ROLE, accounts, authorization, findings, last_accessed, small,
};
use crate::raw::{BASE, get, iam, key, organizations, query, sts};

#[test]
fn iam_is_spoken_to_in_forms_and_answers_in_xml_with_encoded_documents() {
    let fake = Fake::of(small()).start();
    let reply = iam(&fake, MEMBER, "Action=GetAccountAuthorizationDetails");
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert!(reply.head.contains("content-type: text/xml"));
    let found = reply.xml();
    let role = &found["RoleDetailList"][0];
    let expected = authorization();
    for member in [
        "Path",
        "RoleName",
        "Arn",
        "CreateDate",
        "AttachedManagedPolicies",
        "PermissionsBoundary",
        "Tags",
        "RoleLastUsed",
    ] {
        assert_eq!(role[member], expected["RoleDetailList"][0][member], "{member}");
    }
    let encoded = role["RolePolicyList"][0]["PolicyDocument"].as_str().unwrap();
    assert!(encoded.starts_with("%7B%22Statement%22%3A%5B%7B"), "{encoded}");
    assert!(
        encoded.contains("a%2Bb%20c%2F") && !encoded.contains('+'),
        "{encoded}"
    );
    let decoded = policy::decode(encoded.as_bytes()).unwrap();
    let decoded: Value = serde_json::from_str(&decoded).unwrap();
    assert_eq!(
        decoded,
        expected["RoleDetailList"][0]["RolePolicyList"][0]["PolicyDocument"]
    );
    assert_eq!(found["UserDetailList"][0]["GroupList"], json!(["Admins"]));
    assert_eq!(
        found["GroupDetailList"][0]["AttachedManagedPolicies"][0]["PolicyName"],
        "Administrator"
    );
    assert_eq!(
        found["Policies"][0]["PolicyVersionList"][0]["IsDefaultVersion"],
        "true"
    );
    assert_eq!(found["Policies"][0]["UpdateDate"], "2021-09-27T20:16:37Z");
    assert_eq!(found["IsTruncated"], "false");
    let users = iam(
        &fake,
        MEMBER,
        "Action=GetAccountAuthorizationDetails&Filter.member.1=User",
    )
    .xml();
    assert_eq!(
        (
            users["UserDetailList"].as_array().map(Vec::len),
            &users["RoleDetailList"]
        ),
        (Some(1), &json!(""))
    );
}

#[test]
fn last_accessed_jobs_run_for_a_while_and_belong_to_their_session() {
    let fake = Fake::of(small())
        .polls(2)
        .page("GetServiceLastAccessedDetails", 2)
        .start();
    let form = format!("Action=GenerateServiceLastAccessedDetails&Granularity=ACTION_LEVEL&Arn={ROLE}");
    let job = iam(&fake, MEMBER, &form).xml()["JobId"]
        .as_str()
        .unwrap()
        .to_owned();
    let form = format!("Action=GetServiceLastAccessedDetails&JobId={job}");
    let first = iam(&fake, MEMBER, &form).xml();
    assert_eq!(
        (&first["JobStatus"], &first["JobType"]),
        (&json!("IN_PROGRESS"), &Value::Null)
    );
    assert_eq!(iam(&fake, MEMBER, &form).xml()["JobStatus"], "IN_PROGRESS");
    let done = iam(&fake, MEMBER, &form).xml();
    assert_eq!(
        (&done["JobStatus"], &done["IsTruncated"]),
        (&json!("COMPLETED"), &json!("true"))
    );
    let actions = &done["ServicesLastAccessed"][0]["TrackedActionsLastAccessed"];
    assert_eq!(
        actions,
        &last_accessed()[0]["ServicesLastAccessed"][0]["TrackedActionsLastAccessed"]
    );
    let marker = done["Marker"].as_str().unwrap().replace('+', "%2B");
    let rest = iam(&fake, MEMBER, &format!("{form}&Marker={marker}")).xml();
    assert_eq!(rest["ServicesLastAccessed"][0]["ServiceNamespace"], "kms");
    assert_eq!(rest["IsTruncated"], "false");
    let other = query(&fake, &format!("ASIA{MEMBER}ELSE"), "2010-05-08", &form);
    assert_eq!((other.status, other.code().as_str()), (404, "NoSuchEntity"));
}

#[test]
fn sts_gives_credentials_of_the_account_that_run_out() {
    let fake = Fake::of(small()).role("reader").external_id("a/b").start();
    let form = format!("Action=AssumeRole&RoleSessionName=scan&RoleArn=arn:aws:iam::{MEMBER}:role/reader");
    assert_eq!(sts(&fake, BASE, &form).code(), "AccessDenied");
    let reply = sts(&fake, BASE, &format!("{form}&ExternalId=a%2Fb")).xml();
    let credentials = &reply["Credentials"];
    let key = credentials["AccessKeyId"].as_str().unwrap();
    assert!(
        key.starts_with(&format!("ASIA{MEMBER}")) && key.len() == 20,
        "{key}"
    );
    assert!(credentials["Expiration"].as_str().unwrap().ends_with('Z'));
    let user = format!("arn:aws:sts::{MEMBER}:assumed-role/reader/scan");
    assert_eq!(reply["AssumedRoleUser"]["Arn"], user.as_str());
    let caller = sts(&fake, key, "Action=GetCallerIdentity").xml();
    assert_eq!(
        (&caller["Account"], &caller["Arn"]),
        (&json!(MEMBER), &json!(user))
    );
    assert_eq!(
        sts(&fake, BASE, "Action=GetCallerIdentity").xml()["Account"],
        MANAGEMENT
    );
    let closed = form.replace(MEMBER, "333333333333") + "&ExternalId=a%2Fb";
    assert_eq!(
        (sts(&fake, BASE, &closed).status, fake.calls_of("AssumeRole")),
        (403, 3)
    );

    let fake = Fake::of(small()).session(std::time::Duration::ZERO).start();
    let reply = sts(&fake, BASE, &form).xml();
    let key = reply["Credentials"]["AccessKeyId"].as_str().unwrap();
    let late = query(&fake, key, "2010-05-08", "Action=GetAccountAuthorizationDetails");
    assert_eq!((late.status, late.code().as_str()), (403, "ExpiredToken"));
}

#[test]
fn organizations_is_spoken_to_in_json_by_the_management_account_or_a_delegate() {
    let fake = Fake::of(small()).start();
    let reply = organizations(&fake, BASE, "ListAccounts", &json!({}));
    assert!(
        reply.head.contains("application/x-amz-json-1.1"),
        "{}",
        reply.head
    );
    let found = reply.json();
    let (first, expected) = (&found["Accounts"][0], accounts());
    for member in ["Id", "Arn", "Name", "Paths", "State", "Status"] {
        assert_eq!(first[member], expected["Accounts"][0][member], "{member}");
    }
    assert!(first["JoinedTimestamp"].is_f64(), "seconds since 1970");
    let described = organizations(&fake, &key(MEMBER), "DescribeOrganization", &json!({})).json();
    assert_eq!(described["Organization"]["MasterAccountId"], MANAGEMENT);
    assert_eq!(described["Organization"]["Id"], "o-exampleorgid");
    let delegates = organizations(&fake, BASE, "ListDelegatedAdministrators", &json!({})).json();
    assert_eq!(delegates["DelegatedAdministrators"][0]["Id"], MEMBER);
    assert_eq!(
        organizations(&fake, &key(MEMBER), "ListAccounts", &json!({})).status,
        200
    );
    let denied = organizations(&fake, &key("333333333333"), "ListAccounts", &json!({}));
    assert_eq!(
        (denied.status, denied.code().as_str()),
        (400, "AccessDeniedException")
    );
    let parents = |child: &str| {
        organizations(&fake, BASE, "ListParents", &json!({ "ChildId": child })).json()["Parents"][0].clone()
    };
    assert_eq!(
        parents(MEMBER),
        json!({ "Id": "ou-exam-shop", "Type": "ORGANIZATIONAL_UNIT" })
    );
    assert_eq!(
        parents("ou-exam-prod"),
        json!({ "Id": "r-examplerootid111", "Type": "ROOT" })
    );
    let inside = organizations(
        &fake,
        BASE,
        "ListAccountsForParent",
        &json!({ "ParentId": "ou-exam-shop" }),
    )
    .json();
    assert_eq!(
        (
            inside["Accounts"].as_array().unwrap().len(),
            &inside["Accounts"][0]["Id"]
        ),
        (1, &json!(MEMBER))
    );
}

#[test]
fn access_analyzer_speaks_rest_and_lists_analyzers_without_their_configuration() {
    let fake = Fake::of(small()).start();
    let member = key(MEMBER);
    let analyzers = get(&fake, &member, "/analyzer?type=ORGANIZATION_UNUSED_ACCESS").json();
    assert_eq!(analyzers["analyzers"].as_array().unwrap().len(), 1);
    assert_eq!(analyzers["analyzers"][0]["arn"], ANALYZER);
    assert_eq!(analyzers["analyzers"][0]["configuration"], Value::Null);
    assert_eq!(
        get(&fake, &member, "/analyzer").json()["analyzers"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(get(&fake, BASE, "/analyzer").json()["analyzers"], json!([]));
    let analyzer = get(&fake, &member, "/analyzer/UnusedAccess-org").json();
    assert_eq!(
        analyzer["analyzer"]["configuration"]["unusedAccess"]["unusedAccessAge"],
        90
    );
    let path = format!(
        "/findingv2/0fa3f5a1-bd92-4193-8ca4-aba12cd91370?analyzerArn={}",
        ANALYZER.replace(':', "%3A")
    );
    let mut finding = get(&fake, &member, &path).json();
    let mut expected = findings()[0].clone();
    for time in ["analyzedAt", "createdAt", "updatedAt"] {
        assert!(finding[time].as_str().unwrap().ends_with('Z'));
        (finding[time], expected[time]) = (Value::Null, Value::Null);
    }
    assert_eq!(finding, expected);
    let gone = get(&fake, &member, &path.replace("0fa3", "ffff"));
    assert_eq!(
        (gone.status, gone.code().as_str()),
        (404, "ResourceNotFoundException")
    );
    let stranger = get(&fake, &key("333333333333"), &path);
    assert_eq!(
        (stranger.status, stranger.code().as_str()),
        (403, "AccessDeniedException")
    );
}

/// Everything that one list gives, page by page, and how many pages there were.
fn all(mut page: impl FnMut(Option<&str>) -> (Vec<String>, Option<String>)) -> (Vec<String>, usize) {
    let (mut found, mut token, mut pages) = (Vec::new(), None, 0);
    loop {
        let (some, next) = page(token.as_deref());
        found.extend(some);
        pages += 1;
        match next {
            Some(next) => token = Some(next),
            None => return (found, pages),
        }
    }
}

fn names(list: &Value, member: &str) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.map(|item| item[member].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn pages_reach_everything_once() {
    let organisation = Invented {
        accounts: 45,
        principals: 40,
        seed: 3,
    };
    let books = organisation.books("200000000001");
    let fake = Fake::of(World::invented(organisation))
        .page("GetAccountAuthorizationDetails", 7)
        .page("ListFindingsV2", 9)
        .page("GetFindingV2", 2)
        .short_pages()
        .empty_pages("ListAccounts")
        .start();
    let owner = key("200000000001");

    let (accounts, pages) = all(|token| {
        let reply = organizations(&fake, BASE, "ListAccounts", &json!({ "NextToken": token })).json();
        (
            names(&reply["Accounts"], "Id"),
            reply["NextToken"].as_str().map(str::to_owned),
        )
    });
    assert_eq!(
        (accounts.len(), accounts.iter().collect::<BTreeSet<_>>().len()),
        (45, 45)
    );
    assert!(
        pages >= 6 && pages % 2 == 0,
        "{pages} pages, every other one empty"
    );

    let mut kinds = 0;
    let (principals, _) = all(|token| {
        let marker = token
            .map(|token| format!("&Marker={}", token.replace('+', "%2B")))
            .unwrap_or_default();
        let page = iam(
            &fake,
            "200000000001",
            &format!("Action=GetAccountAuthorizationDetails&MaxItems=1000{marker}"),
        )
        .xml();
        let lists = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];
        kinds = kinds.max(lists.iter().filter(|list| page[**list].is_array()).count());
        let found = lists.iter().flat_map(|list| names(&page[*list], "Arn")).collect();
        assert_eq!(
            page["IsTruncated"],
            page["Marker"].is_string().to_string().as_str()
        );
        (found, page["Marker"].as_str().map(str::to_owned))
    });
    let known = books.authorization.unwrap();
    let total = known.user_detail_list.len()
        + known.group_detail_list.len()
        + known.role_detail_list.len()
        + known.policies.len();
    assert_eq!(
        (
            principals.len(),
            principals.iter().collect::<BTreeSet<_>>().len(),
            kinds
        ),
        (total, total, 4)
    );

    let arn = organisation.analyzer().arn;
    let list = |filter: Value| {
        all(|token| {
            let body = json!({ "analyzerArn": arn, "filter": filter, "nextToken": token });
            let reply = crate::raw::analyzer(&fake, &owner, "POST", "/findingv2", &body.to_string())
                .unwrap()
                .json();
            (
                names(&reply["findings"], "id"),
                reply["nextToken"].as_str().map(str::to_owned),
            )
        })
        .0
    };
    let whole: BTreeSet<String> = list(json!({})).into_iter().collect();
    let expected: usize = accounts
        .iter()
        .map(|id| organisation.books(id).findings.unwrap().len())
        .sum();
    assert_eq!(whole.len(), expected);
    let found = books.findings.unwrap();
    let filter = json!({ "status": { "eq": ["ACTIVE"] }, "findingType": { "eq": ["UnusedPermission"] },
        "resourceOwnerAccount": { "eq": ["200000000001"] } });
    let wanted =
        |finding: &&Finding| finding.status == "ACTIVE" && finding.finding_type == "UnusedPermission";
    let wanted: Vec<&Finding> = found.iter().filter(wanted).collect();
    assert_eq!(
        list(filter),
        wanted
            .iter()
            .map(|finding| finding.id.clone())
            .collect::<Vec<_>>()
    );

    let finding = wanted
        .iter()
        .max_by_key(|finding| finding.finding_details.as_ref().unwrap().len())
        .unwrap();
    let mut details = Vec::new();
    all(|token| {
        let token = token
            .map(|token| format!("&nextToken={}", token.replace('+', "%2B")))
            .unwrap_or_default();
        let page = get(
            &fake,
            &owner,
            &format!("/findingv2/{}?analyzerArn={arn}{token}", finding.id),
        )
        .json();
        assert_eq!(
            page["resource"],
            finding.resource.as_str(),
            "the head is on every page"
        );
        details.extend(page["findingDetails"].as_array().unwrap().clone());
        (Vec::new(), page["nextToken"].as_str().map(str::to_owned))
    });
    assert_eq!(
        Value::from(details),
        serde_json::to_value(&finding.finding_details).unwrap()
    );
}
