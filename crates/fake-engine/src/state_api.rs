//! The state API, called as an engine with a `cloud` block does: found by CLI configuration and environment.

use std::{
    env, fs, io,
    io::{Read, Write},
    net::TcpStream,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use serde_json::{Value, json};

/// Where it is.
pub(crate) struct StateApi {
    /// `127.0.0.1:PORT`.
    address: String,
    token: String,
    organization: String,
    workspace: String,
}

impl StateApi {
    /// Reads where it is.
    pub(crate) fn find() -> io::Result<Self> {
        let variable = |name| env::var(name).map_err(io::Error::other);
        let config = fs::read_to_string(variable("TF_CLI_CONFIG_FILE")?)?;
        let missing = || io::Error::other("the CLI configuration names no service");
        let (_, rest) = config.split_once("\"tfe.v2\" = \"http://").ok_or_else(missing)?;
        let (address, _) = rest.split_once('/').ok_or_else(missing)?;
        let slug = variable("TFC_WORKSPACE_SLUG")?;
        let (organization, workspace) = slug.split_once('/').ok_or_else(missing)?;
        Ok(Self {
            address: address.to_owned(),
            token: variable("TF_TOKEN_terrane_internal")?,
            organization: organization.to_owned(),
            workspace: workspace.to_owned(),
        })
    }

    /// Locks the workspace.
    pub(crate) fn lock(&self) -> io::Result<()> {
        let id = self.workspace_id()?;
        self.json("POST", &format!("workspaces/{id}/actions/lock"), Some(&json!({"reason": "fake"})))
            .map(drop)
    }

    /// Unlocks it.
    pub(crate) fn unlock(&self) -> io::Result<()> {
        let id = self.workspace_id()?;
        self.json("POST", &format!("workspaces/{id}/actions/unlock"), None).map(drop)
    }

    /// The workspace's state.
    pub(crate) fn current(&self) -> io::Result<Option<Value>> {
        let id = self.workspace_id()?;
        let path = format!("/api/v2/workspaces/{id}/current-state-version");
        let (status, body) = self.call("GET", &path, true, b"")?;
        if status == 404 {
            return Ok(None);
        }
        let document = checked(status, &body)?;
        let url = text(&document["data"]["attributes"]["hosted-state-download-url"])?;
        let (status, body) = self.call("GET", self.path_of(url)?, true, b"")?;
        checked(status, &body).map(Some)
    }

    /// Writes the next state.
    pub(crate) fn write(&self, how: &Value) -> io::Result<()> {
        let current = self.current()?.unwrap_or_else(|| json!({"serial": 0, "lineage": "fake-lineage"}));
        let serial = how["serial"].as_i64().unwrap_or(current["serial"].as_i64().unwrap_or(0) + 1);
        let lineage = how["lineage"].as_str().or(current["lineage"].as_str()).unwrap_or_default();
        let filling = "x".repeat(how["bytes"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or(0));
        let resources = resources(how["holds"].as_u64().unwrap_or(0));
        let outputs = how.get("outputs").cloned().unwrap_or_else(|| json!({}));
        let state = json!({"version": 4, "serial": serial, "lineage": lineage, "resources": resources,
            "outputs": outputs, "filling": filling});
        let state = state.to_string();
        let md5: String = if how["wrong_md5"] == json!(true) {
            "0".repeat(32)
        } else {
            Md5::digest(state.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        let id = self.workspace_id()?;
        let mut announcement = json!({"data": {"type": "state-versions", "attributes": {
            "serial": serial, "lineage": lineage, "md5": md5, "force": false}}});
        let is_inline = how["inline"] == json!(true);
        let json_form = json!({"format_version": "1.0", "serial": serial}).to_string();
        if is_inline {
            announcement["data"]["attributes"]["state"] = json!(STANDARD.encode(&state));
            announcement["data"]["attributes"]["json-state"] = json!(STANDARD.encode(&json_form));
        }
        let path = format!("workspaces/{id}/state-versions");
        let version = self.json("POST", &path, Some(&announcement))?;
        if is_inline {
            return Ok(());
        }
        let attributes = &version["data"]["attributes"];
        let put = |name: &str, content: &str| -> io::Result<()> {
            let path = self.path_of(text(&attributes[name])?)?;
            let (status, body) = self.call("PUT", path, false, content.as_bytes())?;
            if status < 300 { Ok(()) } else { checked(status, &body).map(drop) }
        };
        let has_json = how["no_json"] != json!(true);
        if has_json && how["json_first"] == json!(true) {
            put("hosted-json-state-upload-url", &json_form)?;
        }
        put("hosted-state-upload-url", &state)?;
        if has_json && how["json_first"] != json!(true) {
            put("hosted-json-state-upload-url", &json_form)?;
        }
        let version_id = text(&version["data"]["id"])?;
        self.json("GET", &format!("state-versions/{version_id}"), None).map(drop)
    }

    fn workspace_id(&self) -> io::Result<String> {
        let path = format!("organizations/{}/workspaces/{}", self.organization, self.workspace);
        text(&self.json("GET", &path, None)?["data"]["id"]).map(str::to_owned)
    }

    fn json(&self, method: &str, path: &str, body: Option<&Value>) -> io::Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let (status, answer) = self.call(method, &format!("/api/v2/{path}"), true, body.as_bytes())?;
        checked(status, &answer)
    }

    fn path_of<'a>(&self, url: &'a str) -> io::Result<&'a str> {
        let path = url.strip_prefix(&format!("http://{}", self.address));
        path.ok_or_else(|| io::Error::other(format!("{url} leads elsewhere")))
    }

    fn call(&self, method: &str, path: &str, is_authorized: bool, body: &[u8]) -> io::Result<(u16, Vec<u8>)> {
        let mut socket = TcpStream::connect(&self.address)?;
        let authorization =
            if is_authorized { format!("authorization: Bearer {}\r\n", self.token) } else { String::new() };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{authorization}content-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        socket.write_all(head.as_bytes())?;
        // A server that refuses need not read the body.
        let _ = socket.write_all(body);
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
        let end = end.ok_or_else(|| io::Error::other("the answer was cut off"))?;
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| io::Error::other("the answer has no status"))?;
        Ok((status, answer.split_off(end + 4)))
    }
}

/// The objects `terraform_data.a[…]` as a state has them.
fn resources(count: u64) -> Value {
    if count == 0 {
        return json!([]);
    }
    let instances: Vec<Value> = (0..count)
        .map(|number| json!({"index_key": number, "attributes": {"id": number.to_string()}}))
        .collect();
    json!([{"mode": "managed", "type": "terraform_data", "name": "a",
        "provider": "provider[\"terraform.io/builtin/terraform\"]", "instances": instances}])
}

fn text(value: &Value) -> io::Result<&str> {
    value.as_str().ok_or_else(|| io::Error::other(format!("{value} is no text")))
}

/// The document of a success; an error says what a refusal says.
fn checked(status: u16, body: &[u8]) -> io::Result<Value> {
    let document: Value = serde_json::from_slice(body).unwrap_or_default();
    if status < 300 {
        return Ok(document);
    }
    let detail = document["errors"][0]["detail"].as_str().unwrap_or("no reason given");
    Err(io::Error::other(format!("{status}: {detail}")))
}
