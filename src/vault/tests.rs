//! What opens where, and under which key.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

#[test]
fn r50_a_box_opens_only_at_its_place_and_unaltered() {
    let vault = Vault::ephemeral();
    let (key, wrapped) = vault.fresh_key(Wrapped::Member, 1);
    let mut sealed = key.seal("member.passport/1", b"X0000000");
    let same = vault.unwrap_key(Wrapped::Member, 1, &wrapped).unwrap();
    assert_eq!(same.open("member.passport/1", &sealed).unwrap().as_slice(), b"X0000000");
    assert!(same.open("member.passport/2", &sealed).is_err());
    assert!(vault.unwrap_key(Wrapped::Member, 2, &wrapped).is_err());
    assert!(vault.unwrap_key(Wrapped::Document, 1, &wrapped).is_err());
    *sealed.last_mut().unwrap() ^= 1;
    assert!(same.open("member.passport/1", &sealed).is_err());
    assert!(same.open("member.passport/1", b"short").is_err());
}

#[test]
fn a_key_file_is_made_once_and_kept_private() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys/field.key");
    assert!(Vault::open(&path).unwrap().is_none(), "to look for a key makes none");
    let fresh = Vault::make(&path).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    assert_eq!(Vault::make(&path).unwrap().key_id(), fresh.key_id(), "none is replaced");

    std::fs::set_permissions(path.parent().unwrap(), std::fs::Permissions::from_mode(0o755))
        .unwrap();
    let read = Vault::open(&path).unwrap().unwrap();
    assert_eq!(mode(path.parent().unwrap()), 0o700, "a directory from before is closed");
    let sealed = fresh.seal_box(Wrapped::Answer, 1, b"value");
    assert_eq!(read.open_box(Wrapped::Answer, 1, &sealed).unwrap().as_slice(), b"value");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(Vault::open(&path), Err(KeyFile::Exposed(_))));
}

#[test]
fn a_key_is_known_again_by_its_proof() {
    let (one, other) = (Vault::ephemeral(), Vault::ephemeral());
    assert!(one.recognize(&one.proof()));
    assert!(!one.recognize(&other.proof()));
    assert!(!one.recognize(b""));
}

#[test]
fn r50_a_running_vault_reads_what_is_sealed_under_the_next_key_and_follows_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys/field.key");
    let running = Vault::make(&path).unwrap();
    let old = running.seal_box(Wrapped::Answer, 1, b"old");
    let unnamed = old[8..].to_vec();
    let next = Vault::prepare(&path).unwrap();
    assert_eq!(Vault::prepare(&path).unwrap(), next, "it is made once");
    assert_ne!(next, running.key_id());
    assert!(running.follow(&[0; 8]).is_err());

    let exchanging = Vault::open(&path).unwrap().unwrap();
    assert_eq!(exchanging.key_id(), running.key_id(), "the next key is not in force yet");
    exchanging.follow(&next).unwrap();
    let new = exchanging.reseal(Wrapped::Answer, 1, &old).unwrap();
    assert_eq!(running.open_box(Wrapped::Answer, 1, &new).unwrap().as_slice(), b"old");
    assert_eq!(
        running.seal_box(Wrapped::Answer, 1, b"x")[..8],
        old[..8],
        "it reads, and has not followed"
    );
    running.follow(&next).unwrap();
    assert_eq!(running.seal_box(Wrapped::Answer, 1, b"x")[..8], next);
    for sealed in [&old, &new, &unnamed] {
        assert_eq!(running.open_box(Wrapped::Answer, 1, sealed).unwrap().as_slice(), b"old");
    }

    let aside = exchanging.retire().unwrap().unwrap();
    assert!(aside.exists() && exchanging.retire().unwrap().is_none());
    let later = Vault::open(&path).unwrap().unwrap();
    assert_eq!(later.key_id(), next);
    assert!(later.open_box(Wrapped::Answer, 1, &new).is_ok());
    assert!(
        later.open_box(Wrapped::Answer, 1, &old).is_err(),
        "the old key is not at hand any more"
    );
    std::fs::rename(aside, &path).unwrap();
    let former = Vault::open(&path).unwrap().unwrap();
    assert!(former.open_box(Wrapped::Answer, 1, &old).is_ok());
    assert!(former.open_box(Wrapped::Answer, 1, &new).is_err());
}
