//! The frame of every page.

use crate::clock::Time;
use maud::{DOCTYPE, Markup, html};

/// A page before it is written.
#[derive(Debug)]
pub struct Page {
    title: String,
    username: Option<String>,
    crumbs: Vec<(String, String)>,
    pub(super) status: u16,
    pub(super) submits_to: Option<String>,
    again_secs: Option<u32>,
    body: Markup,
}

impl Page {
    /// A page with this title and content.
    pub fn new(title: impl Into<String>, body: Markup) -> Self {
        Self {
            title: title.into(),
            username: None,
            crumbs: Vec::new(),
            status: 200,
            submits_to: None,
            again_secs: None,
            body,
        }
    }

    /// Shown to somebody who is signed in.
    #[must_use]
    pub fn shown_to(mut self, username: &str) -> Self {
        self.username = Some(username.to_owned());
        self
    }

    /// One more step of the way to this page: its text and where it leads.
    #[must_use]
    pub fn below(mut self, text: &str, path: impl Into<String>) -> Self {
        self.crumbs.push((text.to_owned(), path.into()));
        self
    }

    /// With a status other than 200.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Its form is answered with a way to this origin outside the server: browsers hold that against the policy, too.
    #[must_use]
    pub fn submits_to(mut self, origin: String) -> Self {
        self.submits_to = Some(origin);
        self
    }

    /// Loads itself again after so many seconds.
    #[must_use]
    pub fn again_after(mut self, secs: u32) -> Self {
        self.again_secs = Some(secs);
        self
    }

    /// The whole document.
    pub(super) fn render(&self, style_path: &str) -> String {
        let document = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    @if let Some(secs) = self.again_secs { meta http-equiv="refresh" content=(secs); }
                    title { (self.title) " · terrane" }
                    link rel="stylesheet" href=(style_path);
                }
                body {
                    a.skip href="#content" { "Skip to the content" }
                    (self.bar())
                    main #content { (self.body) }
                }
            }
        };
        document.into_string()
    }

    fn bar(&self) -> Markup {
        html! {
            header.top {
                a.brand href="/app" { i {} "terrane" }
                @if !self.crumbs.is_empty() {
                    nav.crumbs aria-label="Where you are" {
                        @for (text, path) in &self.crumbs {
                            a href=(path) { (text) }
                        }
                    }
                }
                @if let Some(username) = &self.username {
                    nav.account aria-label="Your account" {
                        a href="/app/settings/tokens" { (username) }
                        form method="post" action="/session/end" { button.plain { "Sign out" } }
                    }
                }
            }
        }
    }
}

/// A point in time, to the minute, in UTC: pages run no script that would know the visitor's own time.
pub fn day(at: Time) -> Markup {
    let text = at.rfc3339();
    let shown = text.get(..16).unwrap_or(&text).replace('T', " ");
    html! { time datetime=(text) { (shown) " UTC" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_holds_is_text() {
        let hostile = "</title><script>alert(1)</script>\"'<img src=x onerror=alert(1)>";
        let page = Page::new(hostile, html! { p { (hostile) } }).shown_to(hostile).below(hostile, hostile);
        let text = page.render("/assets/page.css");
        assert!(!text.contains("<script") && !text.contains("<img"), "{text}");
        assert_eq!(text.matches("&lt;script&gt;").count(), 5, "{text}");
        assert!(!text.contains("\"'<"), "{text}");
    }
}
