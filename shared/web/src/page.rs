//! Pages: endpoints that people open in a browser. They differ from those of the API in where the caller's token is (a
//! cookie), in what a form sends, and in how a problem is told (a page). What they answer can run no script but our own.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};

use crate::{Body, Content, Param, Params, Parts, Payload, Problem, ProblemDocument, Reply, Source, Stream};

/// The cookie that holds the token of whoever signed in. The API never looks at it, so that no other site can make a browser
/// call it.
const COOKIE: &str = "runledger_token";

/// What browsers may do with an answer: nothing that comes from elsewhere, nothing that was written into it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The page that tells of a problem. The text is what was asked for: path and query.
pub type Refusal = fn(&ProblemDocument, &str) -> Reply<Rendered>;

/// An answer for a browser.
pub struct Rendered {
    status: StatusCode,
    content_type: Option<&'static str>,
    content: Content,
}

impl Rendered {
    /// A page, or a part of one.
    pub fn html(html: String) -> Reply<Self> {
        Self::html_with(StatusCode::OK, html)
    }

    /// A page with another status than 200.
    pub fn html_with(status: StatusCode, html: String) -> Reply<Self> {
        Reply::new(Self {
            status,
            content_type: Some("text/html; charset=utf-8"),
            content: Content::Whole(html.into_bytes()),
        })
    }

    /// Leads to another page after an action (303).
    pub fn see_other(location: &str) -> Reply<Self> {
        Reply::new(Self {
            status: StatusCode::SEE_OTHER,
            content_type: None,
            content: Content::Whole(Vec::new()),
        })
        .at(location)
    }

    /// A file of a type.
    pub fn file(content_type: &'static str, bytes: &[u8]) -> Reply<Self> {
        Reply::new(Self {
            status: StatusCode::OK,
            content_type: Some(content_type),
            content: Content::Whole(bytes.to_vec()),
        })
    }

    /// Server-sent events.
    pub fn events(events: Stream) -> Reply<Self> {
        Reply::new(Self {
            status: StatusCode::OK,
            content_type: Some("text/event-stream"),
            content: Content::Streamed(events),
        })
    }
}

impl Payload for Rendered {
    const CONTENT_TYPE: Option<&'static str> = None;

    fn content_type(&self) -> Option<&'static str> {
        self.content_type
    }

    fn status(&self) -> Option<StatusCode> {
        Some(self.status)
    }

    fn into_content(self) -> Result<Content, Problem> {
        Ok(self.content)
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(_: &mut crate::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        None
    }
}

/// A text of a form or an address, whatever it is; empty without one.
#[derive(Debug, Default, Clone)]
pub struct Text(pub String);

impl Param for Text {
    const REQUIRED: bool = false;
    const ANY_TEXT: bool = true;

    fn parse(texts: &[String]) -> Result<Self, String> {
        Ok(Self(texts.first().cloned().unwrap_or_default()))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        <String as utoipa::PartialSchema>::schema()
    }
}

/// What a form sent, and the headers that came with it.
pub struct FormBody<T> {
    /// Its fields.
    pub fields: T,
    /// Whether the browser speaks TLS, as the proxy before us says.
    pub is_secure: bool,
}

impl<T: Params> Body for FormBody<T> {
    fn read(parts: &Parts<'_>) -> Result<Self, Problem> {
        const TYPE: &str = "application/x-www-form-urlencoded";
        if !(parts.bytes.is_empty() || parts.has_type(TYPE)) {
            return Err(Problem::unsupported_type(TYPE));
        }
        let pairs = form_urlencoded::parse(parts.bytes).into_owned();
        Ok(Self {
            fields: Source::new("form", pairs.filter(is_filled)).read()?,
            is_secure: is_secure(parts.headers),
        })
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(_: &mut crate::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody> {
        None
    }
}

/// Where a browser has asked, for pages that tell how to ask again.
pub struct Asked {
    /// The host and port, if they were sent and are of letters that mean nothing to anybody else.
    host: Option<String>,
    is_secure: bool,
}

impl Asked {
    /// The scheme and host: `https://ledger.example`.
    pub fn base(&self) -> String {
        let scheme = if self.is_secure { "https" } else { "http" };
        format!("{scheme}://{}", self.host.as_deref().unwrap_or("127.0.0.1:3000"))
    }
}

impl Body for Asked {
    const EXPECTED: bool = false;

    fn read(parts: &Parts<'_>) -> Result<Self, Problem> {
        let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        Ok(Self {
            host: host.filter(|host| host.bytes().all(is_plain)).map(str::to_owned),
            is_secure: is_secure(parts.headers),
        })
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(_: &mut crate::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody> {
        None
    }
}

/// Whether a field was filled in: browsers send the others too, as empty texts.
pub(crate) fn is_filled((_, text): &(String, String)) -> bool {
    !text.is_empty()
}

fn is_secure(headers: &HeaderMap) -> bool {
    let proto = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
    proto
        .and_then(|value| value.split(',').next())
        .is_some_and(|first| first.trim().eq_ignore_ascii_case("https"))
}

/// Where an application is reached, as whoever reaches it writes it.
pub(crate) fn origin(uri: &Uri, headers: &HeaderMap) -> String {
    let sent = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = sent.or_else(|| uri.authority().map(http::uri::Authority::as_str));
    let scheme = if is_secure(headers) { "https" } else { "http" };
    format!("{scheme}://{}", host.unwrap_or("localhost"))
}

/// The header that signs a browser in, for so many seconds.
pub fn sign_in(token: &str, seconds: u64, is_secure: bool) -> Result<(HeaderName, HeaderValue), Problem> {
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut cookie = HeaderValue::try_from(cookie).map_err(|_| Problem::unauthorized(NO_TOKEN))?;
    cookie.set_sensitive(true);
    Ok((header::SET_COOKIE, cookie))
}

/// The header that signs a browser out.
pub fn sign_out() -> (HeaderName, HeaderValue) {
    let cookie = HeaderValue::from_static("runledger_token=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax");
    (header::SET_COOKIE, cookie)
}

const NO_TOKEN: &str = "sign in first";

/// The token of a browser that is signed in.
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, Problem> {
    let cookies = headers.get_all(header::COOKIE).iter();
    cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE && !value.is_empty()).then_some(value))
        .ok_or_else(|| Problem::unauthorized(NO_TOKEN))
}

/// Refuses what another site made a browser send.
pub(crate) fn check_origin(method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if text(HeaderName::from_static("sec-fetch-site")) == Some("same-origin") {
        return Ok(());
    }
    let host = text(header::HOST).or_else(|| uri.authority().map(http::uri::Authority::as_str));
    let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    match (origin, host) {
        (Some((_, origin)), Some(host)) if origin.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(Problem::forbidden("this was not sent by one of our own pages")),
    }
}

/// What every answer to a browser carries, where it does not say otherwise itself.
pub(crate) fn secure(headers: &mut HeaderMap) {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_token_is_found_among_cookies() {
        for (cookie, expected) in [
            ("runledger_token=a.b.c", Some("a.b.c")),
            ("theme=dark; runledger_token=a.b.c; other=1", Some("a.b.c")),
            ("other_runledger_token=a.b.c", None),
            ("runledger_token=", None),
            ("", None),
        ] {
            assert_eq!(token(&headers(&[("cookie", cookie)])).ok(), expected, "{cookie}");
        }
    }

    #[test]
    fn a_page_names_the_host_that_it_was_asked_for_at_and_nothing_else() {
        for (sent, base) in [
            (&[("host", "here:3000")][..], "http://here:3000"),
            (&[("host", "[::1]:3000")], "http://[::1]:3000"),
            (
                &[("host", "ledger.example"), ("x-forwarded-proto", "https")],
                "https://ledger.example",
            ),
            (&[("host", "a'; rm -rf ~;'")], "http://127.0.0.1:3000"),
            (&[("host", "<b>")], "http://127.0.0.1:3000"),
            (&[], "http://127.0.0.1:3000"),
        ] {
            let parts = Parts {
                headers: &headers(sent),
                bytes: &bytes::Bytes::new(),
            };
            assert_eq!(Asked::read(&parts).unwrap().base(), base, "{sent:?}");
        }
    }

    #[test]
    fn what_another_site_sends_is_refused() {
        let uri = Uri::from_static("/runs/x/stop");
        for (sent, allowed) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("origin", "http://here:3000"), ("host", "here:3000")], true),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("origin", "http://there"), ("host", "here:3000")], false),
            (&[("origin", "null"), ("host", "here:3000")], false),
            (&[("host", "here:3000")], false),
        ] {
            let headers = headers(sent);
            assert_eq!(check_origin(&Method::POST, &uri, &headers).is_ok(), allowed, "{sent:?}");
            assert!(check_origin(&Method::GET, &uri, &headers).is_ok());
        }
    }
}
