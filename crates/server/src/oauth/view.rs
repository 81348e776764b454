//! The page that asks whether the command line may act for its user.

use super::model::{AUTHORIZE_PATH, Asked};
use crate::clock::Time;
use crate::platform::access::Caller;
use crate::platform::pages::{Page, day};
use maud::html;

/// Says what is granted to whom.
pub fn consent(caller: &Caller, asked: &Asked, server: &str, expires: Time) -> Page {
    let fields = [
        ("response_type", &asked.response_type),
        ("client_id", &asked.client_id),
        ("redirect_uri", &asked.redirect_uri),
        ("code_challenge", &asked.code_challenge),
        ("code_challenge_method", &asked.code_challenge_method),
    ];
    let body = html! {
        div.narrow {
            h1 { "Sign in the command line?" }
            p {
                "OpenTofu or Terraform on this computer asks for a token of " b { (caller.username) }
                " on " b { (server) } "."
            }
            ul {
                li { "With it, it may do all that you may do here." }
                li { "It is valid until " (day(expires)) ", and stored by the program on this computer." }
                li { "You can revoke it at any time: it stands in the list of " a href="/app/settings/tokens" { "your tokens" } "." }
            }
            p.card.note.wait { "Agree only if you have just started " code { "tofu login" } " or " code { "terraform login" } " yourself." }
            form.actions method="post" action=(AUTHORIZE_PATH) {
                @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                @if let Some(state) = &asked.state { input type="hidden" name="state" value=(state); }
                button.go name="decision" value="allow" { "Agree" }
                button name="decision" value="deny" { "Refuse" }
            }
        }
    };
    let page = Page::new("Sign in the command line?", body).shown_to(&caller.username);
    match asked.origin() {
        Some(origin) => page.submits_to(origin),
        None => page,
    }
}

/// Of a request that nobody is led on from.
pub fn untrusted(why: &str) -> Page {
    let body = html! {
        div.narrow {
            h1 { "Not accepted" }
            p { "This is no request of " code { "tofu login" } " or " code { "terraform login" } ": " (why) ". Nothing was granted." }
            p { a.button href="/app" { "To the start" } }
        }
    };
    Page::new("Not accepted", body).status(400)
}
