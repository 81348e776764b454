//! What all pages share: their frame, their look, their answers, and what is asked of a form that is sent.
//!
//! | file | holds |
//! |---|---|
//! | `layout.rs` | [`Page`]: head, bar, crumbs |
//! | `pager.rs` | the ways to the pages before and after |
//! | `page.css` | the look, light and dark; the only file that a page loads |
//! | `http.rs` | answers with their headers, [`PageError`] |
//! | `http/form.rs` | [`Form`]: what a form sent |
//! | `http/origin.rs` | whether it was sent by a page of this server |
//!
//! Pages work without scripts, and their policy forbids every script. Names, messages and logs come from anybody:
//! templates escape all of it.

mod http;
mod layout;
mod pager;

pub use http::{Form, PageError, PageResult, is_from_here, not_found, routes, see_other, text_file};
pub use layout::{Page, day};
pub use pager::{page_number, pager};
