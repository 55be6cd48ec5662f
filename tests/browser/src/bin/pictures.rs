//! `runledger-pictures`: photographs the pages of an application that has the demo world in it, in both colour schemes.
//!
//! `cargo xtask pictures` starts that application and calls this program. It finds its way as a reader does, by the links
//! of lists. A page that is not answered, or on which the browser found what should not be, gives no picture and fails it in
//! the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use runledger_browser::{Browser, Media, Scheme};

/// The agent of the demo whose runs have most to show.
const AGENT: &str = "Weekly market brief";

/// In pixels.
const DESK: (u32, u32) = (1280, 800);
const PHONE: (u32, u32) = (360, 740);

/// What a picture in a repository may have.
const MOST_BYTES: usize = 300_000;

/// The link to the first run of a list that was scored.
const SCORED: &str = "
    const titles = [...document.querySelectorAll('#runs thead th')];
    const place = titles.findIndex(title => title.innerText.startsWith('Score'));
    const rows = [...document.querySelectorAll('#runs tbody tr')];
    return rows.find(row => row.cells[place]?.innerText.trim())?.querySelector('a.row').getAttribute('href');
";

/// Fetched fonts and images are there, too.
const COMPLETE: &str = "return document.readyState === 'complete' && document.fonts.status === 'loaded'";

#[derive(Debug, Parser)]
#[command(name = "runledger-pictures")]
struct Options {
    /// Where the application is.
    #[arg(long)]
    url: String,
    /// Where the pictures go.
    #[arg(long)]
    folder: PathBuf,
    /// The link to a result that anyone may read.
    #[arg(long)]
    shared: Option<String>,
    /// A token of the world's owner.
    #[arg(long, env = "RUNLEDGER_USER_TOKEN", hide_env_values = true)]
    user_token: String,
    /// A token of an admin.
    #[arg(long, env = "RUNLEDGER_ADMIN_TOKEN", hide_env_values = true)]
    admin_token: String,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let photographed = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| vec![error.to_string()])
        .and_then(|runtime| runtime.block_on(photograph(&options)));
    match photographed {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaints) => {
            for complaint in complaints {
                eprintln!("runledger-pictures: {complaint}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Takes all pictures, as far as that can be done; else what was wrong.
async fn photograph(options: &Options) -> Result<(), Vec<String>> {
    if let Err(error) = fs::create_dir_all(&options.folder) {
        return Err(vec![format!("make {}: {error}", options.folder.display())]);
    }
    let mut complaints = of_owner(options).await;
    complaints.extend(of_admin(options).await);
    complaints.extend(of_anyone(options).await);
    if complaints.is_empty() { Ok(()) } else { Err(complaints) }
}

/// What the world's owner looks at.
async fn of_owner(options: &Options) -> Vec<String> {
    let mut camera = Camera::start(options, Some(&options.user_token)).await;
    let graph = format!("td[title='{AGENT}'] a.row");
    let graph = camera.link("/graphs", &graph).await;
    let id = graph.split(['/', '?']).nth(2).unwrap_or_default();
    camera
        .browser
        .open(&format!("/runs?graph_id={id}&statuses=COMPLETED"))
        .await;
    let run = camera.browser.wait_until("a run with a score", SCORED, &[]).await;
    let run = run.as_str().unwrap_or_default();
    let failed = camera.link("/runs?statuses=FAILED", "#runs a.row").await;
    // The nodes by themselves, which are below much else on the run's own page.
    let nodes = format!("{}/nodes", run.split('?').next().unwrap_or_default());
    let drawing = format!("{nodes}?view=graph");
    for (name, path) in [
        ("overview", "/"),
        ("runs", "/runs"),
        ("run", run),
        ("run-timeline", &nodes),
        ("run-graph", &drawing),
        ("run-failed", &failed),
        ("graphs", "/graphs"),
        ("graph", &graph),
        ("credits", "/credits"),
        ("reference", "/api/docs"),
    ] {
        camera.both(name, path).await;
    }
    camera.browser.resize(PHONE.0, PHONE.1).await;
    camera.picture("runs-phone", "/runs", Scheme::Light).await;
    camera.picture("run-phone", run, Scheme::Light).await;
    camera.end().await
}

/// What operators look at.
async fn of_admin(options: &Options) -> Vec<String> {
    let mut camera = Camera::start(options, Some(&options.admin_token)).await;
    let job = camera.link("/scoring", "#scoring-jobs a.row").await;
    for (name, path) in [
        ("scoring", "/scoring"),
        ("scoring-job", &job),
        ("alerts", "/alerts"),
        ("diagnostics", "/diagnostics"),
        ("system", "/system"),
        ("styleguide", "/styleguide"),
    ] {
        camera.both(name, path).await;
    }
    camera.end().await
}

/// What nobody has to sign in for.
async fn of_anyone(options: &Options) -> Vec<String> {
    let mut camera = Camera::start(options, None).await;
    camera.both("login", "/login").await;
    if let Some(shared) = &options.shared {
        camera.both("shared", shared).await;
    }
    camera.end().await
}

/// A browser of a reader, and the folder of its pictures.
struct Camera<'a> {
    browser: Browser,
    folder: &'a Path,
    complaints: Vec<String>,
}

impl<'a> Camera<'a> {
    async fn start(options: &'a Options, token: Option<&str>) -> Self {
        let browser = Browser::builder(&options.url).size(DESK.0, DESK.1).start().await;
        if let Some(token) = token {
            browser.sign_in(token).await;
        }
        Self {
            browser,
            folder: &options.folder,
            complaints: Vec::new(),
        }
    }

    /// Where the first link leads that this CSS selector finds on a page.
    async fn link(&self, path: &str, css: &str) -> String {
        self.browser.open(path).await;
        self.browser.attribute(css, "href").await.unwrap_or_default()
    }

    async fn both(&mut self, name: &str, path: &str) {
        for scheme in [Scheme::Light, Scheme::Dark] {
            self.picture(name, path, scheme).await;
        }
    }

    async fn picture(&mut self, name: &str, path: &str, scheme: Scheme) {
        let name = format!("{name}-{}", scheme.name());
        let before = self.complaints.len();
        self.browser
            .emulate(Media {
                // Nothing is caught halfway.
                reduced_motion: true,
                ..Media::scheme(scheme)
            })
            .await;
        self.browser.open(path).await;
        self.browser.wait_until("the whole page", COMPLETE, &[]).await;
        let status = self.browser.status().await;
        let findings = self.browser.findings().await;
        if status != 200 {
            self.complaints.push(format!("{name}: {path} was answered {status}"));
        }
        let findings = findings.iter().map(|finding| format!("{name}: {path}: {finding}"));
        self.complaints.extend(findings);
        let png = self.browser.png().await;
        if png.len() > MOST_BYTES {
            self.complaints.push(format!(
                "{name}: the picture has {} bytes, more than {MOST_BYTES}",
                png.len()
            ));
        }
        if self.complaints.len() > before {
            return;
        }
        let file = self.folder.join(format!("{name}.png"));
        match fs::write(&file, &png) {
            Ok(()) => println!("    {name}.png {:>4} KB", png.len().div_ceil(1000)),
            Err(error) => self.complaints.push(format!("write {}: {error}", file.display())),
        }
    }

    /// Closes the browser; what there was to complain of.
    async fn end(self) -> Vec<String> {
        self.browser.close().await;
        self.complaints
    }
}
