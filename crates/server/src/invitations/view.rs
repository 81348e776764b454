//! The page by which a password is set.

use crate::passwords::PASSWORD_CHARS_MIN;
use crate::platform::pages::Page;
use maud::html;

/// The form for a user; its address is the page's own.
pub fn set_password(username: &str, problem: Option<&str>) -> Page {
    let body = html! {
        div.narrow {
            h1 { "Choose a password" }
            p { "For the account " b { (username) } " on this server. The link is good for this once." }
            @if let Some(problem) = problem { p.card.note.bad role="alert" { (problem) } }
            form.fields.card method="post" {
                input type="hidden" name="username" value=(username) autocomplete="username";
                label {
                    "New password" small { (PASSWORD_CHARS_MIN) " characters or more" }
                    input type="password" name="password" autocomplete="new-password" minlength=(PASSWORD_CHARS_MIN) required autofocus;
                }
                label { "The same again" input type="password" name="again" autocomplete="new-password" required; }
                div { button.go { "Set the password and sign in" } }
            }
        }
    };
    Page::new("Choose a password", body).status(if problem.is_some() { 422 } else { 200 })
}

/// Of a link that is unknown, used or too old: nobody is told which.
pub fn good_no_more() -> Page {
    let body = html! {
        div.narrow {
            h1 { "This link is good no more" }
            p { "It has been used, or its time is over, or a newer one was made. Ask whoever runs this server for a new one:" }
            p { code { "terrane admin invite --user NAME" } }
            p { a.button href="/session" { "Sign in" } }
        }
    };
    Page::new("This link is good no more", body).status(404)
}
