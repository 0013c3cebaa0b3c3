//! DynamoDB inside the process: the real store's implementation on real calls, without an account.
//!
//! The table has the key schema of the stack's template. `lamplight local` and the tests use it.

use std::net::SocketAddr;
use std::path::Path;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use lamplight_table::{Table, TableError, schema};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// The name of the table.
pub const TABLE: &str = "lamplight";

/// Why the embedded DynamoDB could not be started.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The file with the table's data could not be opened.
    #[error("cannot open {place} as a table: {reason}")]
    Open {
        /// The file, or that it is in memory.
        place: String,
        /// What the store says.
        reason: String,
    },
    /// The port could not be listened on.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; name another port")]
    Listen {
        /// The port.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The table could not be made.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// A running DynamoDB. It ends when this is dropped.
#[derive(Debug)]
pub struct Embedded {
    address: SocketAddr,
    client: Client,
    _shutdown: oneshot::Sender<()>,
}

impl Embedded {
    /// Starts on a port of this machine (0: any free one), with the data in a file or in memory, and makes the table
    /// unless the file has it.
    ///
    /// # Errors
    ///
    /// [`EmbeddedError`].
    pub async fn start(port: u16, data: Option<&Path>) -> Result<Self, EmbeddedError> {
        let database = match data {
            Some(path) => dynoxide::Database::new(&path.to_string_lossy()),
            None => dynoxide::Database::memory(),
        };
        let database = database.map_err(|error| EmbeddedError::Open {
            place: data.map_or("memory".to_owned(), |path| path.display().to_string()),
            reason: error.to_string(),
        })?;
        let listening = |source| EmbeddedError::Listen { port, source };
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let (shutdown, asked) = oneshot::channel::<()>();
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database, async {
            // A dropped sender asks for the end as well.
            let _ = asked.await;
        }));
        let embedded = Self { address, client: client(&format!("http://{address}")), _shutdown: shutdown };
        schema::create_table(&embedded.client, TABLE).await?;
        Ok(embedded)
    }

    /// Where it listens, as an endpoint URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The table.
    #[must_use]
    pub fn table(&self) -> Table {
        Table::new(self.client.clone(), TABLE)
    }

    /// A client for any other call.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }
}

/// A client without TLS for an endpoint on this machine, which takes any credentials.
#[must_use]
pub fn client(endpoint_url: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(endpoint_url)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
