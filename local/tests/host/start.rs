//! Starting and stopping.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::support::{Application, guest};

#[test]
fn a_missing_variable_is_named() {
    let application = Application::new();
    let output = application
        .command(&[])
        .env_remove("SPIN_VARIABLE_GREETING")
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(error.contains("SPIN_VARIABLE_GREETING"), "{error}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_missing_component_is_named_with_how_to_build_it() {
    let application = Application::new();
    let manifest = application.folder.path().join("spin.toml");
    let text = fs::read_to_string(&manifest)
        .unwrap()
        .replace("runledger_local_guest.wasm", "absent.wasm");
    fs::write(&manifest, text).unwrap();
    let (status, _, error) = application.run(&[]);
    assert!(!status.success());
    assert!(
        error.contains("absent.wasm") && error.contains("build it with `make the guest`"),
        "{error}"
    );
}

#[test]
fn what_is_no_component_is_named() {
    let application = Application::new();
    let bad = application.folder.path().join("bad.wasm");
    fs::write(&bad, "no wasm").unwrap();
    let manifest = application.folder.path().join("spin.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        text.replace(guest().to_str().unwrap(), bad.to_str().unwrap()),
    )
    .unwrap();
    let (status, _, error) = application.run(&[]);
    assert!(!status.success());
    assert!(error.contains("bad.wasm is not a component"), "{error}");
}

#[tokio::test]
async fn a_taken_address_is_named() {
    let host = Application::new().start(&[]);
    let output = Application::new()
        .command(&[])
        .args(["--listen", host.address()])
        .output()
        .unwrap();
    // The last `--listen` is one too many; the address is what matters, so it is given alone.
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{error}");
}

#[tokio::test]
async fn flags_set_variables() {
    let host = Application::new().start(&["--variable", "greeting=hello=you"]);
    assert_eq!(host.get("/guest/variable/greeting").await.json(), "hello=you!");
}

#[tokio::test]
async fn compiled_components_are_kept_and_damage_is_mended() {
    let mut application = Application::new();
    let state = tempfile::tempdir().unwrap();
    application.state_dir = state.path().to_owned();
    let compiled = |log: &[String]| {
        log.iter()
            .filter(|line| line.contains("\"message\":\"compiled\""))
            .count()
    };

    // Two at once, with nothing there yet.
    let mut second = Application::new();
    second.state_dir = state.path().to_owned();
    let (first, second) = (application.start(&[]), second.start(&[]));
    assert_eq!(
        (
            first.get("/guest/hello").await.status.as_u16(),
            second.get("/guest/hello").await.status.as_u16()
        ),
        (200, 200)
    );
    drop((first, second));
    let entries: Vec<_> = fs::read_dir(state.path().join("compiled"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(entries.len(), 1, "{entries:?}");

    let again = || {
        let mut application = Application::new();
        application.state_dir = state.path().to_owned();
        application.start(&[])
    };
    let host = again();
    host.logged(|line| line["message"] == "serving").await;
    assert_eq!(compiled(&host.log()), 0, "it was compiled before");
    drop(host);

    let mut bytes = fs::read(&entries[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&entries[0], bytes).unwrap();
    let host = again();
    host.logged(|line| line["message"] == "serving").await;
    assert_eq!(compiled(&host.log()), 1, "it was damaged");
}

#[tokio::test]
async fn a_signal_stops_it_in_good_order() {
    for signal in ["INT", "TERM"] {
        let mut host = Application::new().start(&[]);
        let slow = host.get("/guest/sleep?ms=700");
        let stop = async {
            // The request must be in flight, and nothing else says so.
            tokio::time::sleep(Duration::from_millis(200)).await;
            host.signal(signal);
        };
        let (slow, ()) = tokio::join!(slow, stop);
        assert_eq!(slow.status, 200, "{signal}");
        let (status, rest) = host.end().await;
        assert_eq!(status.code(), Some(0), "{signal}");
        assert_eq!(rest, "", "one line on standard output");
    }
}

#[tokio::test]
async fn what_never_ends_does_not_keep_it() {
    let mut host = Application::new().start(&["--shutdown-deadline-ms", "300"]);
    let mut stream = tokio::net::TcpStream::connect(host.address()).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET /guest/loop HTTP/1.1\r\nhost: h\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(host.get("/guest/hello").await.status, 200);
    host.signal("TERM");
    assert_eq!(host.end().await.0.code(), Some(0));
}

#[test]
fn cold_starts_are_measured() {
    let (status, out, error) = Application::new().run(&["--measure-cold-start", "20"]);
    assert!(status.success(), "{error}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let (p50, p99) = (
        report["guest"]["p50_us"].as_u64().unwrap(),
        report["guest"]["p99_us"].as_u64().unwrap(),
    );
    assert!(p50 > 0 && p50 <= p99, "{report}");
}
