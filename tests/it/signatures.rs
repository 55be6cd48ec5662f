//! Tokens signed with a private key: RS256, ES256, and sets of keys.

use runledger_tests::{
    App, Client,
    tokens::{KeyPair, SECRET, claims, hs256, now, unsigned},
};
use serde_json::json;

async fn expect(app: &App, token: String, status: u16) {
    let caller: Client = app.anonymous.with_token(token);
    caller.get("/api/executions").expect(status).await;
}

async fn app_with_keys(keys: &str) -> App {
    App::builder().variable("jwt_public_keys", keys).start().await
}

#[tokio::test]
async fn a_token_of_the_public_keys_owner_is_good_and_all_others_are_not() {
    for make in [KeyPair::rsa, KeyPair::ec] {
        let (key, stranger) = (make(), make());
        let app = app_with_keys(&key.public_pem).await;
        let good = claims("ann", "user");
        expect(&app, key.sign(None, &good), 200).await;
        expect(&app, key.sign(Some("any"), &good), 200).await;
        expect(&app, stranger.sign(None, &good), 401).await;
        let mut expired = good.clone();
        expired["exp"] = json!(now() - 3600);
        expect(&app, key.sign(None, &expired), 401).await;
        let mut early = good.clone();
        early["nbf"] = json!(now() + 3600);
        expect(&app, key.sign(None, &early), 401).await;
        expect(&app, unsigned(&json!({ "alg": "none" }), &good), 401).await;
        // Files of environment variables write the ends of lines as two characters.
        let escaped = key.public_pem.replace('\n', "\\n");
        expect(&app_with_keys(&escaped).await, key.sign(None, &good), 200).await;
        // The secret still counts beside the key.
        expect(&app, hs256(SECRET.as_bytes(), &good), 200).await;
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let key = KeyPair::rsa();
    let good = claims("mallory", "admin");
    for secret in ["", SECRET] {
        let app = App::builder()
            .variable("jwt_public_keys", &key.public_pem)
            .variable("jwt_secret", secret)
            .start()
            .await;
        for text in [key.public_pem.as_str(), key.public_pem.trim_end()] {
            expect(&app, hs256(text.as_bytes(), &good), 401).await;
        }
        expect(&app, hs256(b"", &good), 401).await;
        expect(&app, key.sign(None, &good), 200).await;
    }
}

#[tokio::test]
async fn a_key_answers_only_for_its_own_algorithm() {
    let (rsa, ec) = (KeyPair::rsa(), KeyPair::ec());
    let good = claims("ann", "user");
    let app = app_with_keys(&rsa.public_pem).await;
    expect(&app, ec.sign(None, &good), 401).await;
    let app = app_with_keys(&ec.public_pem).await;
    expect(&app, rsa.sign(None, &good), 401).await;
}

#[tokio::test]
async fn a_set_of_keys_is_searched_by_name() {
    let (rsa, ec, stranger) = (KeyPair::rsa(), KeyPair::ec(), KeyPair::ec());
    let keys = json!({ "keys": [rsa.jwk_named("r"), ec.jwk_named("e")] });
    let app = app_with_keys(&keys.to_string()).await;
    let good = claims("ann", "user");
    expect(&app, rsa.sign(Some("r"), &good), 200).await;
    expect(&app, ec.sign(Some("e"), &good), 200).await;
    expect(&app, stranger.sign(Some("e"), &good), 401).await;
    expect(&app, stranger.sign(None, &good), 401).await;
    expect(&app, rsa.sign(Some("e"), &good), 401).await;
    expect(&app, ec.sign(Some("unknown"), &good), 401).await;
}
