//! Draws messages as they look in Slack, one SVG a file, into the folder that is given:
//! `cargo run -p lamplight-alerts --example pictures -- docs/images`.

mod drawing;
mod invented;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "docs/images".to_owned());
    for (name, message) in invented::messages() {
        std::fs::write(Path::new(&folder).join(format!("slack-{name}.svg")), drawing::svg(&message))?;
    }
    Ok(())
}
