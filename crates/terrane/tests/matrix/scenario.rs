//! What the engine does in a cell, and what it tells: `init`, `plan`, `show`, `apply`, `created ADDRESS`, `done`.

use crate::cell::{Cell, Engine, Step, Victim};
use crate::teller::Teller;
use serde_json::{Value, json};
use terrane_testkit::{archive, fake_archive};

/// Objects of an apply, in the order of their creation.
pub const OBJECTS: usize = 4;
/// In mid-apply so many are complete.
pub const COMPLETE: usize = 3;

/// The line at which the engine is held until the kill is over; `None` where the kill comes at a random time.
pub fn held_at(cell: &Cell) -> Option<String> {
    match cell.step {
        // On a busy machine they would have ended before they are killed.
        Step::Start if matches!(cell.victim, Victim::Supervisor | Victim::Engine) => Some("apply".to_owned()),
        Step::Init => Some("init".to_owned()),
        Step::Planning => Some("plan".to_owned()),
        Step::MidApply | Step::Cancel => Some(created(COMPLETE)),
        _ => None,
    }
}

/// The address of an object; a real engine tells of one when the one before is complete.
pub fn address(engine: Engine, number: usize) -> String {
    match engine {
        Engine::Fake => format!("terraform_data.a[{number}]"),
        Engine::Real => format!("terraform_data.a{number}"),
    }
}

/// What is told when so many objects are complete.
pub fn created(count: usize) -> String {
    format!("created {count}")
}

/// The configuration of a cell.
pub fn configuration(engine: Engine, teller: &Teller) -> Vec<u8> {
    match engine {
        Engine::Fake => fake(teller),
        Engine::Real => real(teller),
    }
}

fn fake(teller: &Teller) -> Vec<u8> {
    let tell = |line: &str| json!({ "tell": [teller.address().to_string(), line] });
    let mut apply = vec![tell("apply")];
    for count in 1..=OBJECTS {
        let address = address(Engine::Fake, count - 1);
        apply.push(json!({ "print": format!("{address}: Creation complete after 0s [id={count}]\n") }));
        if count == 1 || count == OBJECTS {
            apply.push(json!({ "write_state": { "holds": count } }));
            apply.push(tell(&format!("state {count}")));
        }
        apply.push(tell(&created(count)));
    }
    apply.push(tell("done"));
    fake_archive(&json!({
        "init": [{ "print": "Initialized.\n" }, tell("init")],
        "plan": [{ "print": "planning\n" }, tell("plan"), { "plan": { "additions": OBJECTS } }],
        "show": [tell("show")],
        "apply": apply,
    }))
}

/// A chain of objects; each tells at its beginning that the ones before are complete.
fn real(teller: &Teller) -> Vec<u8> {
    let port = teller.address().port();
    let mut main = String::new();
    for number in 0..=OBJECTS {
        let lines = match number {
            0 => vec!["apply".to_owned()],
            OBJECTS => vec![created(number), "done".to_owned()],
            _ => vec![created(number)],
        };
        let after = number
            .checked_sub(1)
            .map_or_else(String::new, |before| format!("  depends_on = [terraform_data.a{before}]\n"));
        let tells = lines.iter().map(|line| {
            format!("exec 3<>/dev/tcp/127.0.0.1/{port}; echo {line} >&3; read -r answer <&3; [ \\\"$answer\\\" = k ]")
        });
        let shell = tells.collect::<Vec<_>>().join(" && ");
        main.push_str(&format!(
            "resource \"terraform_data\" \"a{number}\" {{\n{after}  provisioner \"local-exec\" {{\n    interpreter = [\"bash\", \"-c\"]\n    command = \"{shell}\"\n  }}\n}}\n"
        ));
    }
    archive(&[("main.tf", &main)])
}

/// The configuration of the run after: something to do, and to write.
pub fn next(engine: Engine) -> Vec<u8> {
    match engine {
        Engine::Fake => {
            let steps: Value = json!([{ "write_state": { "holds": 1 } }, { "print": "again\n" }]);
            fake_archive(&json!({ "plan": [{ "plan": { "additions": 1 } }], "apply": steps }))
        }
        Engine::Real => archive(&[("main.tf", "resource \"terraform_data\" \"next\" {}\n")]),
    }
}
