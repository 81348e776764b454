//! The page by which people sign in.

use super::tries::Refused;
use crate::platform::pages::Page;
use maud::html;

/// Why the page is shown again.
#[derive(Debug, Clone, Copy)]
pub enum Problem {
    /// Which of the two, nobody is told.
    Wrong,
    /// Too many tries.
    Refused(Refused),
}

/// The form. `to` is where its sender goes on to.
pub fn sign_in(name: &str, to: Option<&str>, problem: Option<Problem>) -> Page {
    let body = html! {
        div.narrow {
            h1 { "Sign in" }
            @match problem {
                None => {}
                Some(Problem::Wrong) => p.card.note.bad role="alert" { "The name or the password is wrong." },
                Some(Problem::Refused(refused)) => p.card.note.bad role="alert" {
                    "There were too many wrong tries. Wait " (minutes(refused.wait_minutes)) ", then try again."
                },
            }
            form.fields.card method="post" action="/session" {
                @if let Some(to) = to { input type="hidden" name="to" value=(to); }
                label { "Name" input name="name" value=(name) autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus; }
                label { "Password" input type="password" name="password" autocomplete="current-password" required; }
                div { button.go { "Sign in" } }
            }
            p.hint {
                "No password yet, or forgotten? Whoever runs this server makes a link for you with "
                code { "terrane admin invite" } "."
            }
        }
    };
    let status = match problem {
        None => 200,
        Some(Problem::Wrong) => 401,
        Some(Problem::Refused(_)) => 429,
    };
    Page::new("Sign in", body).status(status)
}

fn minutes(count: i64) -> String {
    if count == 1 { "a minute".to_owned() } else { format!("{count} minutes") }
}
