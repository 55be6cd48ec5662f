//! A reader of server-sent events.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper_util::client::legacy::ResponseFuture;
use serde_json::Value;

/// How long an event may take to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open stream of events.
pub struct EventStream {
    body: hyper::body::Incoming,
    text: Vec<u8>,
    /// The last id that was received: where the stream can be taken up again.
    pub last_id: i64,
}

/// What came in one block.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// An event.
    Event(Event),
    /// A comment, perhaps with an id.
    Comment(String),
}

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number.
    pub id: i64,
    /// Its kind.
    pub kind: String,
    /// Its payload.
    pub payload: Value,
}

impl EventStream {
    pub(crate) async fn open(response: ResponseFuture) -> Result<Self, String> {
        let response = response.await.map_err(|error| error.to_string())?;
        if response.status() != 200 {
            return Err(format!("answered {}", response.status()));
        }
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Ok(Self {
            body: response.into_body(),
            text: Vec::new(),
            last_id: 0,
        })
    }

    /// The next block; `None` when the stream has ended.
    pub async fn block(&mut self) -> Option<Block> {
        loop {
            if let Some(end) = self.text.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.text.drain(..end + 2).collect();
                return Some(self.parse(&String::from_utf8(block).expect("events are UTF-8")));
            }
            let frame = self.body.frame().await?.ok()?;
            if let Ok(data) = frame.into_data() {
                self.text.extend_from_slice(&data);
            }
        }
    }

    fn parse(&mut self, block: &str) -> Block {
        let (mut kind, mut data, mut comment) = (None, None, String::new());
        for line in block.lines().filter(|line| !line.is_empty()) {
            match line.split_once(": ").expect("a line has a field and a value") {
                ("", text) => text.clone_into(&mut comment),
                ("id", id) => self.last_id = id.parse().expect("ids are numbers"),
                ("event", name) => kind = Some(name.to_owned()),
                ("data", text) => data = Some(serde_json::from_str::<Value>(text).expect("data are JSON")),
                (field, _) => panic!("an unknown field {field}: {block}"),
            }
        }
        let (Some(kind), Some(mut data)) = (kind, data) else {
            return Block::Comment(comment);
        };
        assert_eq!(
            data.as_object().map(serde_json::Map::len),
            Some(1),
            "only a payload: {data}"
        );
        Block::Event(Event {
            id: self.last_id,
            kind,
            payload: data["payload"].take(),
        })
    }

    /// The next event, passing over comments.
    pub async fn next(&mut self) -> Event {
        let next = async {
            loop {
                match self.block().await.expect("the stream goes on") {
                    Block::Event(event) => return event,
                    Block::Comment(_) => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, next)
            .await
            .unwrap_or_else(|_| panic!("no event for {PATIENCE:?}"))
    }

    /// The next event for which this holds.
    pub async fn find(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await;
            if wanted(&event) {
                return event;
            }
        }
    }

    /// Fails the test if an event comes within this time.
    pub async fn expect_silence(&mut self, time: Duration) {
        if let Ok(event) = tokio::time::timeout(time, self.next()).await {
            panic!("an unexpected event: {event:?}");
        }
    }
}
