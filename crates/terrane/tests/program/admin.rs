//! `terrane admin`: with the server running and not, on both databases.

use crate::installation::{BOTH, Installation};
use crate::process::{Ended, run, terrane};
use terrane_testkit::{Browser, Engines};

fn token(installation: &Installation, user: &str) -> Ended {
    let ended = run(installation.command(&["admin", "token", "--user", user]));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    ended
}

fn last_word(ended: &Ended) -> String {
    let word = ended.stdout.split_whitespace().last().expect("it prints something").to_owned();
    assert!(word.starts_with("trn_") && ended.stdout.ends_with(&format!("{word}\n")), "{ended:?}");
    assert!(!ended.stderr.contains(&word), "the token is for standard output alone: {ended:?}");
    word
}

#[tokio::test]
async fn tokens_work_whether_the_server_runs_or_not() {
    for database in BOTH {
        let installation = Installation::new(database, Engines::None);
        installation.start().terminate();
        let before = token(&installation, "root");
        assert!(before.stdout.contains("root is the first site administrator."), "{before:?}");
        let server = installation.start();
        let meanwhile = token(&installation, "ada");
        assert!(!meanwhile.stdout.contains("administrator"), "{meanwhile:?}");
        let again = token(&installation, "root");
        assert!(!again.stdout.contains("administrator"), "{again:?}");
        let tokens = [(&before, "root", true), (&meanwhile, "ada", false), (&again, "root", true)];
        for (ended, user, is_admin) in tokens {
            let actor = server.actor(&last_word(ended));
            let account = actor.get("/account/details").await.expect_status(200);
            assert_eq!(account.attribute("username"), user);
            let metrics = if is_admin { 200 } else { 404 };
            actor.get("//metrics").await.expect_status(metrics);
        }
        assert_ne!(last_word(&before), last_word(&again));
        server.actor(&format!("{}x", last_word(&before))).get("/account/details").await.expect_status(401);
        let ended = server.terminate();
        for (given, ..) in tokens {
            assert!(!ended.stderr.contains(&last_word(given)), "no token in the server's log");
        }
    }
}

#[tokio::test]
async fn the_first_user_may_be_made_before_the_first_start() {
    let installation = Installation::small();
    std::fs::create_dir(installation.path("data")).unwrap();
    let given = last_word(&token(&installation, "ada"));
    let server = installation.start();
    server.actor(&given).get("/account/details").await.expect_status(200);
}

#[tokio::test]
async fn an_invitation_is_a_link_by_which_somebody_signs_in() {
    for database in BOTH {
        let installation = Installation::new(database, Engines::None);
        installation.start().terminate();
        let invite = |url: &str| {
            run(installation.command(&["admin", "invite", "--user", "grace", "--public-url", url]))
        };
        let first = invite("http://terrane.example/");
        assert_eq!(first.code, Some(0), "{first:?}");
        assert!(first.stdout.contains("grace is the first site administrator."), "{first:?}");
        let server = installation.start();
        let ended = invite(&server.url);
        let link = ended.stdout.split_whitespace().last().unwrap().to_owned();
        assert!(link.starts_with(&format!("{}/invitations/", server.url)), "{ended:?}");
        assert!(!ended.stdout.contains("administrator") && !ended.stderr.contains(&link), "{ended:?}");
        let browser = Browser::new(&server.url);
        let old = first.stdout.split("terrane.example").last().unwrap().trim();
        browser.get(old).await.expect_status(404);
        let fields = [("password", "correct horse battery"), ("again", "correct horse battery")];
        browser.submit(&link, &fields).await.expect_status(303);
        assert!(browser.get("/app/settings/tokens").await.expect_status(200).text().contains("grace"));
        let secret = link.rsplit('/').next().unwrap();
        let ended = server.terminate();
        ended.without(&[secret, "correct horse"]);
    }
}

#[test]
fn what_it_cannot_do_it_says() {
    let installation = Installation::small();
    let absent = installation.path("absent");
    let mut command = terrane(&["admin", "token", "--user", "ada", "--data-dir", absent.as_str()]);
    command.current_dir(installation.path(""));
    run(command).expect_error(1, &["no data directory", absent.as_str(), "--data-dir", "--database-url"]);
    assert!(!absent.exists(), "nothing is made by a slip of the pen");

    let url = "postgres://ada:hunter2@127.0.0.1:1/terrane";
    let command = terrane(&["admin", "token", "--user", "ada", "--database-url", url]);
    let needed = ["127.0.0.1:1/terrane", "refused", "--database-url"];
    run(command).expect_error(1, &needed).without(&["hunter2"]);

    std::fs::create_dir(installation.path("data")).unwrap();
    for name in ["", "a b", "a/b"] {
        let ended = run(installation.command(&["admin", "token", "--user", name]));
        ended.expect_error(1, &["cannot be the name of a user or a pool", "letters, digits"]);
    }
}

#[tokio::test]
async fn agent_tokens_open_the_agents_way_and_no_other() {
    for database in BOTH {
        let installation = Installation::new(database, Engines::None);
        let server = installation.start();
        let ended = run(installation.command(&["admin", "agent-token", "--pool", "build"]));
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("the pool build"), "{ended:?}");
        let actor = server.actor(&last_word(&ended));
        actor.get("/account/details").await.expect_status(401);
        let refused = actor.post("//agent/v1/hello", &serde_json::json!({})).await;
        assert!(refused.status != 401 && refused.status < 500, "{}", refused.text());
        server.terminate();
    }
}
