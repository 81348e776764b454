//! The real engines and a provider in a packed mirror, which they unpack into each run's folder as they do what a registry
//! sends.

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
};

use camino::{Utf8Path, Utf8PathBuf};
use terrane_wire::{Job, Outcome, Task};

use crate::{
    jobs::{apply, plan},
    release_tree::archive,
    world::{World, wait_until},
};

const MAIN: &str = r#"
terraform {
  required_providers {
    null = { source = "hashicorp/null" }
  }
}
module "a" { source = "./modules/a" }
module "b" { source = "./modules/b" }
resource "null_resource" "x" {}
"#;
const MODULE: &str = "resource \"null_resource\" \"m\" {}\n";

fn configuration(lock_file: &str) -> Vec<u8> {
    let mut files = vec![
        ("main.tf", MAIN.as_bytes()),
        ("modules/a/main.tf", MODULE.as_bytes()),
        ("modules/b/main.tf", MODULE.as_bytes()),
    ];
    if !lock_file.is_empty() {
        files.push((".terraform.lock.hcl", lock_file.as_bytes()));
    }
    terrane_slug::pack_files(&files)
}

/// Packs the provider of the test's mirror; the CLI configuration that names it.
fn packed_mirror(folder: &Utf8Path) -> Utf8PathBuf {
    let text = std::env::var("TERRANE_TEST_PROVIDER_CONFIG")
        .expect("name the CLI configuration of the test's provider in TERRANE_TEST_PROVIDER_CONFIG (scripts/null-provider prints it)");
    let text = fs::read_to_string(text).expect("the provider's CLI configuration");
    let unpacked = text.split('"').find(|text| text.starts_with('/')).expect("a mirror");
    let packed = folder.join("mirror");
    for host in ["registry.terraform.io", "registry.opentofu.org"] {
        let of_provider = format!("{host}/hashicorp/null");
        let version = only_in(&Utf8Path::new(unpacked).join(&of_provider));
        let program = only_in(&only_in(&version));
        let (version, platform) =
            (version.file_name().expect("named"), program.parent().expect("a platform"));
        let platform = platform.file_name().expect("named");
        let name = program.file_name().expect("named");
        let mut zip = archive(name, &fs::read(&program).expect("a provider"));
        // Made on Unix, executable.
        let listed = zip.windows(4).rposition(|bytes| bytes == b"PK\x01\x02").expect("a list");
        zip[listed + 5] = 3;
        zip[listed + 38..listed + 42].copy_from_slice(&(0o100_755_u32 << 16).to_le_bytes());
        fs::create_dir_all(packed.join(&of_provider)).expect("made");
        let file = format!("{of_provider}/terraform-provider-null_{version}_{platform}.zip");
        fs::write(packed.join(file), zip).expect("written");
    }
    let config = folder.join("cli.tfrc");
    fs::write(
        &config,
        format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{packed}\"\n  }}\n}}\n"),
    )
    .expect("written");
    config
}

fn archives_in(mirror: &Utf8Path) -> [Utf8PathBuf; 2] {
    ["registry.terraform.io", "registry.opentofu.org"]
        .map(|host| only_in(&mirror.join(host).join("hashicorp/null")))
}

fn only_in(folder: &Utf8Path) -> Utf8PathBuf {
    let mut entries = folder.read_dir_utf8().expect("a folder");
    entries.next().expect("one is there").expect("read").path().to_owned()
}

fn finds_it_installed(variable: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = Utf8Path::from_path(folder.path()).expect("utf-8");
    let mut world = World::real(variable);
    world.cli_config = Some(packed_mirror(folder));
    let agent = world.start();
    let kept = || world.work_dir.join("packages").read_dir_utf8().expect("read").count();
    let planned = |number: u32, lock_file: &str| {
        let job = Job {
            id: format!("job-{number}"),
            ..plan(&world.server, &world.engine, &configuration(lock_file))
        };
        (job.clone(), world.run_by(&agent, job))
    };
    let (_, cold) = planned(1, "");
    assert_eq!(cold.outcome, Outcome::Finished, "{}", world.server.log());
    assert_eq!((cold.counts.expect("counts").additions, kept()), (3, 1));
    let lock_file = cold.lock_file.expect("a lock file");
    let program = only_in(&only_in(&world.work_dir.join("packages")).join("files"));
    let links = || std::os::unix::fs::MetadataExt::nlink(&program.metadata().expect("there"));

    // There is nothing to install it from any more.
    let archives = archives_in(&folder.join("mirror"));
    let whole: Vec<_> = archives.iter().map(|path| fs::read(path).expect("an archive")).collect();
    archives.iter().for_each(|path| fs::write(path, "broken").expect("written"));
    let (job, warm) = planned(2, &lock_file);
    assert_eq!(warm.outcome, Outcome::Finished, "{}", world.server.log());
    assert_eq!(warm.lock_file.as_deref(), Some(lock_file.as_str()), "the engine has nothing to add");
    let mut applied = apply(&world.server, &world.engine, &configuration(&lock_file));
    applied.id = "job-3".to_owned();
    let Task::Apply(task) = &mut applied.task else { panic!("not an apply") };
    task.lock_file = Some(lock_file.clone());
    applied.state = job.state;
    assert_eq!(world.run_by(&agent, applied).outcome, Outcome::Finished, "{}", world.server.log());
    wait_until("nothing is left of the runs", || (kept(), links()) == (1, 1));

    archives.iter().zip(whole).for_each(|(path, whole)| fs::write(path, whole).expect("written"));

    // Altered so that only reading it shows it: the engine refuses it or installs another, and it is forgotten.
    let modified = program.metadata().and_then(|metadata| metadata.modified()).expect("known");
    let mut content = fs::read(&program).expect("a provider");
    content[100] ^= 1;
    fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("set");
    fs::write(&program, content).expect("written");
    File::options().write(true).open(&program).expect("opened").set_modified(modified).expect("set");
    fs::set_permissions(&program, Permissions::from_mode(0o555)).expect("set");
    world.server.told().states.clear();
    let (_, altered) = planned(4, &lock_file);
    let (_, after) = planned(5, &lock_file);
    assert_eq!(after.outcome, Outcome::Finished, "after {:?}: {}", altered.outcome, world.server.log());
}

#[test]
fn tofu_finds_its_provider_installed() {
    finds_it_installed("TERRANE_TEST_TOFU");
}

#[test]
fn terraform_finds_its_provider_installed() {
    finds_it_installed("TERRANE_TEST_TERRAFORM");
}
