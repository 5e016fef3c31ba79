use chandler_runtime::tls::Demand;
use rustls::ProtocolVersion;

use super::*;

const HASH: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

fn parse(text: &str) -> Result<WebConfig, String> {
    WebConfig::parse(Path::new("/etc/agent/web.yml"), text).map_err(|error| error.to_string())
}

/// A TLS section with a certificate and these fields too.
fn tls(fields: &str) -> Result<WebConfig, String> {
    parse(&format!("tls_server_config: {{cert_file: a, key_file: b, {fields}}}"))
}

fn versions(config: &WebConfig) -> Vec<ProtocolVersion> {
    config.tls.terms(true).versions.iter().map(|version| version.version).collect()
}

#[test]
fn file_of_another_exporter_is_understood() {
    let config = parse(&format!(
        "tls_server_config:\n  cert_file: server.crt\n  key_file: /keys/server.key\n  \
         client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  \
         client_allowed_sans: [prometheus.example]\n  min_version: TLS13\n  max_version: TLS13\n  \
         cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n  curve_preferences: [CurveP256, X25519]\n  \
         prefer_server_cipher_suites: false\n\
         http_server_config:\n  http2: false\n  headers: {{X-Frame-Options: deny, X-XSS-Protection: ''}}\n\
         basic_auth_users:\n  scraper: {HASH}\nrate_limit: {{interval: 0s, burst: 1}}\n"
    ))
    .unwrap();
    let terms = config.tls.terms(config.http.http2);
    assert_eq!((terms.demand, terms.http2, terms.own_order), (Demand::Authorized, false, false));
    assert_eq!(terms.client_names, ["prometheus.example"]);
    assert_eq!(versions(&config), [ProtocolVersion::TLSv1_3]);
    let groups: Vec<_> = terms.groups.iter().filter_map(|group| group.name().as_str()).collect();
    assert_eq!(groups, ["secp256r1", "X25519"]);
    assert_eq!(config.headers().len(), 1);
    assert_eq!(config.headers()["x-frame-options"], "deny");
    assert!(config.tls.is_on() && config.users.contains_key("scraper"));
    let missing = config.tls.identity(Path::new("/etc/agent/web.yml")).unwrap_err().to_string();
    assert_eq!(missing, "cannot read /etc/agent/server.crt");
}

#[test]
fn empty_file_and_empty_sections_ask_for_nothing() {
    let sections = "tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n";
    for text in ["", "# nothing\n", sections, "tls_server_config: {}\nhttp_server_config: {headers: }\n"] {
        let config = parse(text).unwrap();
        assert_eq!(config, WebConfig::default(), "{text}");
        assert!(!config.tls.is_on() && config.http.http2);
    }
}

#[test]
fn certificate_may_stand_in_the_file_itself() {
    let config = parse("tls_server_config: {cert: CERT, key: KEY, client_auth_type: ''}").unwrap();
    let identity = config.tls.identity(Path::new("web.yml")).unwrap();
    assert_eq!((&*identity.certificate.bytes, &*identity.key.bytes), (&b"CERT"[..], &b"KEY"[..]));
    assert_eq!(identity.certificate.place, "web.yml");
    assert!(!format!("{config:?}").contains("KEY"), "{config:?}");
}

#[test]
fn every_demand_has_its_name() {
    let ask = |kind: &str, more: &str| {
        tls(&format!("client_auth_type: {kind}{more}")).map(|config| config.tls.terms(true).demand)
    };
    let authorities = ", client_ca_file: c";
    assert_eq!(ask("NoClientCert", ""), Ok(Demand::Nothing));
    assert_eq!(ask("RequestClientCert", ""), Ok(Demand::AnyOrNothing));
    assert_eq!(ask("RequireAnyClientCert", ""), Ok(Demand::Any));
    assert_eq!(ask("RequireClientCert", ""), Ok(Demand::Any));
    assert_eq!(ask("VerifyClientCertIfGiven", authorities), Ok(Demand::AuthorizedOrNothing));
    assert_eq!(ask("RequireAndVerifyClientCert", authorities), Ok(Demand::Authorized));
}

#[test]
fn versions_and_suites_are_those_that_are_asked_for_as_far_as_they_are_spoken() {
    let (older, newer) = (ProtocolVersion::TLSv1_2, ProtocolVersion::TLSv1_3);
    let config = tls("min_version: TLS10").unwrap();
    assert!(config.tls.asks_for_old_version());
    assert_eq!(versions(&config), [older, newer]);
    assert_eq!(versions(&tls("max_version: TLS12").unwrap()), [older]);
    let named =
        tls("cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_AES_128_GCM_SHA256]").unwrap();
    let suites = named.tls.terms(true).cipher_suites;
    let (newest, others): (Vec<_>, Vec<_>) = suites.into_iter().partition(|suite| suite.tls13().is_some());
    assert_eq!((newest.len(), others.len()), (3, 1));
    assert_eq!(versions(&named), [older, newer]);
    // Nothing of 1.2 is left.
    assert_eq!(versions(&tls("cipher_suites: [TLS_AES_128_GCM_SHA256]").unwrap()), [newer]);
}

#[test]
fn what_cannot_be_done_is_refused_by_its_field() {
    let refused = [
        ("tls_server_config: {cert_file: a}", "tls_server_config: cert_file and key_file belong together"),
        ("tls_server_config: {min_version: TLS13}", "tls_server_config: nothing of this"),
        ("tls_server_config: {cert: a, cert_file: a, key: b}", "tls_server_config.cert: "),
        (
            "http_server_config: {headers: {Content-Length: c}}",
            "headers.Content-Length: this header cannot be set",
        ),
        ("http_server_config: {headers: {X-Frame-Options: maybe}}", "headers.X-Frame-Options: it is deny"),
        ("http_server_config: {headers: {X-Content-Type-Options: a}}", "it is nosniff"),
        ("http_server_config: {headers: {X-XSS-Protection: \"a\\nb\"}}", "no header has such a value"),
        ("basic_auth_users: {a: secret}", "basic_auth_users.a: this is no bcrypt hash"),
        (
            "basic_auth_users: {a: '$2y$31$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi'}",
            "cost 4 to 14",
        ),
        ("rate_limit: {interval: 1s, burst: 5}", "rate_limit: "),
        ("users: {}", "users"),
        ("[", "no web configuration"),
    ];
    let refused_tls = [
        ("client_auth_type: RequireAndVerifyClientCert", "client_auth_type: client_ca_file is needed"),
        ("client_auth_type: VerifyClientCertIfGiven", "client_auth_type: client_ca_file is needed"),
        ("client_auth_type: NoClientCert, client_ca_file: c", "client_auth_type: with authorities"),
        ("client_auth_type: Perhaps", "Perhaps"),
        ("client_allowed_sans: [a]", "client_allowed_sans: needs"),
        ("max_version: TLS11, min_version: TLS10", "max_version: only"),
        ("max_version: TLS12, min_version: TLS13", "max_version: only"),
        ("min_version: SSL3", "SSL3"),
        (
            "cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]",
            "cipher_suites: TLS_RSA_WITH_AES_128_CBC_SHA is not",
        ),
        ("cipher_suites: [TLS_AES_128_GCM_SHA256], max_version: TLS12", "cipher_suites: none of them"),
        ("curve_preferences: [CurveP521]", "curve_preferences: CurveP521 is not spoken"),
    ];
    let all = refused.map(|(text, part)| (parse(text), part)).into_iter();
    for (parsed, part) in all.chain(refused_tls.map(|(fields, part)| (tls(fields), part))) {
        let error = parsed.expect_err(part);
        assert!(error.starts_with("/etc/agent/web.yml") && error.contains(part), "{part}: {error}");
    }
}

#[test]
fn what_stands_around_a_fault_is_not_told() {
    let text = format!("basic_auth_users:\n  ada: {HASH}\n  ben: [1\n");
    let error = parse(&text).unwrap_err();
    assert!(!error.contains(HASH), "{error}");
}
