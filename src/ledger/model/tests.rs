//! The tree against the roots that RFC 6962's own implementation publishes, and its proofs against another library's.

use std::collections::BTreeMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::tile::WIDTH;
use super::*;
use crate::config::Origin;
use crate::secret::hex;

const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn grown<'l>(leaves: impl IntoIterator<Item = &'l [u8]>) -> Known {
    let mut known = Known::default();
    for (index, leaf) in (0..).zip(leaves) {
        known.push(index, leaf_hash(leaf)).unwrap();
    }
    known
}

fn root(size: u64, known: &Known) -> Hash {
    Question::Root { size }.answer(known).unwrap()[0]
}

fn key() -> LogKey {
    LogKey::of(&[7; 32], &Origin::parse("ceremony.example/test").unwrap()).unwrap()
}

/// A log with these leaves: its receipts, by the checkpoint over all of them.
fn receipts(key: &LogKey, leaves: &[&[u8]]) -> Vec<Receipt> {
    let known = grown(leaves.iter().copied());
    let size = u64::try_from(leaves.len()).unwrap();
    let checkpoint = key.sign(&Checkpoint { size, root: root(size, &known) }).unwrap();
    let receipt = |(index, leaf): (u64, &&[u8])| Receipt {
        index,
        leaf: leaf.to_vec(),
        path: Question::Inclusion { size, index }.answer(&known).unwrap(),
        checkpoint: checkpoint.clone(),
    };
    (0..).zip(leaves).map(receipt).collect()
}

#[test]
fn r23_the_roots_are_those_of_rfc_6962() {
    let known = grown(LEAVES);
    for (size, wanted) in (0..).zip(ROOTS) {
        assert_eq!(hex(&root(size, &known).0), wanted, "of {size} leaves");
    }
}

#[test]
fn r23_proofs_for_every_size_to_300_are_those_of_another_library() {
    let leaves: Vec<_> = (0..300_u32).map(u32::to_be_bytes).collect();
    let known = grown(leaves.iter().map(<[u8; 4]>::as_slice));
    let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let bytes = |proof: &[Hash]| proof.iter().flat_map(|hash| hash.0).collect::<Vec<_>>();
    for (size, leaf) in (1..).zip(&leaves) {
        other.push(leaf.to_vec());
        assert_eq!(root(size, &known).0.as_slice(), other.root().as_bytes().as_slice());
        for index in 0..size {
            let ours = Question::Inclusion { size, index }.answer(&known).unwrap();
            let theirs = other.prove_inclusion(usize::try_from(index).unwrap());
            assert_eq!(bytes(&ours), theirs.as_bytes(), "{index} in {size}");
        }
        for from in 1..size {
            let ours = Question::Consistency { from, to: size }.answer(&known).unwrap();
            let theirs = other.prove_consistency(usize::try_from(size - from).unwrap());
            assert_eq!(bytes(&ours), theirs.as_bytes(), "{from} to {size}");
        }
    }
}

#[test]
fn r23_a_question_needs_few_hashes_however_large_the_tree_is() {
    for size in [1, 2, 3, 1000, 1 << 40, (1 << 40) - 1] {
        for question in [
            Question::Root { size },
            Question::Inclusion { size, index: size / 3 },
            Question::Consistency { from: size / 2 + 1, to: size },
        ] {
            assert!(question.positions().len() <= 80, "{question:?}");
        }
    }
    assert_eq!(Question::Root { size: 0 }.positions(), Vec::<u64>::new());
}

#[test]
fn r23_the_same_state_is_signed_with_the_same_bytes_and_opens_with_its_own_key_alone() {
    let checkpoint = Checkpoint { size: 3, root: root(3, &grown(LEAVES)) };
    let note = key().sign(&checkpoint).unwrap();
    assert_eq!(note, key().sign(&checkpoint).unwrap());
    assert!(note.starts_with("ceremony.example/test\n3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n\n\u{2014} ceremony.example/test "), "{note}");
    assert_eq!(key().verifier().open(&note), Ok(checkpoint));
    let same = Verifier::parse(&key().verifier().to_string()).unwrap();
    assert_eq!(same.open(&note), Ok(checkpoint));

    let open = |seed, origin| {
        let key = LogKey::of(&[seed; 32], &Origin::parse(origin).unwrap()).unwrap();
        key.verifier().open(&note)
    };
    assert_eq!(open(8, "ceremony.example/test"), Err(Unsound::Unsigned));
    assert_eq!(open(7, "ceremony.example/other"), Err(Unsound::OtherLog));
    let line = note.lines().last().unwrap();
    for spoilt in [
        format!("{note}{line}\n"),
        note.replace("\n3\n", "\n03\n"),
        note.replace("\n\n", "\nmore\n\n"),
    ] {
        assert!(key().verifier().open(&spoilt).is_err(), "{spoilt}");
    }
}

#[test]
fn r23_a_receipt_stands_alone() {
    let key = key();
    for receipt in receipts(&key, &LEAVES) {
        let text = receipt.to_string();
        let read = Receipt::parse(&text).unwrap();
        assert_eq!(read, receipt);
        assert_eq!(read.verify(key.verifier()).unwrap().size, 8);
    }
    let alone = receipts(&key, &LEAVES[..1]);
    assert!(
        alone[0]
            .to_string()
            .starts_with("c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nceremony.example/test\n1\n")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn r24_a_receipt_with_one_byte_altered_proves_nothing(at in any::<prop::sample::Index>(), flip in 1_u8..=255, which in 0_usize..8) {
        let key = key();
        let mut bytes = receipts(&key, &LEAVES)[which].to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        let proven = String::from_utf8(bytes).is_ok_and(|text| {
            Receipt::parse(&text).is_ok_and(|receipt| receipt.verify(key.verifier()).is_ok())
        });
        prop_assert!(!proven, "byte {at}");
    }

    #[test]
    fn r24_the_path_of_a_tile_reads_back(level in prop::option::of(0_u8..64), index: u32, width in 1..=WIDTH) {
        let tile = Tile { level, index: index.into(), width };
        prop_assert_eq!(Tile::parse(&tile.path()), Some(tile));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn r23_the_tail_of_any_log_leads_to_its_next_checkpoint(last in 0_u64..1400, more in 1_u64..5, spoilt in 0_u64..1404) {
        let leaves: Vec<_> = (0..last + more).map(u64::to_be_bytes).collect();
        let known = grown(leaves.iter().map(<[u8; 8]>::as_slice));
        let tail = Tail::after(Checkpoint { size: last, root: root(last, &known) });
        let before = || tail.positions_before().into_iter().map(|at| (at, known.hash(at).unwrap())).collect::<Known>();
        let stored: BTreeMap<_, _> = positions(tail.start..last + more).map(|at| (at, known.hash(at).unwrap())).collect();
        let hashed = || leaves.iter().skip(usize::try_from(tail.start).unwrap());
        let (next, proofs) = tail.check(before(), hashed().map(<[u8; 8]>::as_slice), &stored).unwrap();
        prop_assert_eq!(next, Checkpoint { size: last + more, root: root(last + more, &known) });
        for index in last..last + more {
            let question = Question::Inclusion { size: next.size, index };
            prop_assert_eq!(question.answer(&proofs).unwrap(), question.answer(&known).unwrap());
        }
        // Any leaf of the tail that is not what it was is named.
        if (tail.start..last + more).contains(&spoilt) {
            let other = u64::MAX.to_be_bytes();
            let spoil = (tail.start..).zip(hashed()).map(|(at, leaf)| if at == spoilt { &other[..] } else { &leaf[..] });
            prop_assert_eq!(tail.check(before(), spoil, &stored).unwrap_err(), Mismatch::Leaf(spoilt));
        }
        let short = hashed().take(usize::try_from(last.saturating_sub(tail.start + 1)).unwrap());
        if last > tail.start {
            prop_assert_eq!(tail.check(before(), short.map(<[u8; 8]>::as_slice), &stored).unwrap_err(), Mismatch::Missing(last - 1));
        }
    }
}

#[test]
fn r24_tiles_are_cut_as_c2sp_cuts_them() {
    let path = |level, index, width| Tile { level, index, width }.path();
    assert_eq!(path(Some(0), 1_234_067, 256), "0/x001/x234/067");
    assert_eq!(path(None, 273, 112), "entries/273.p/112");
    // A tree of 70,000: 273 full tiles and one of 112, then one and one of 17, then one of 1.
    let is_there = |path: &str| Tile::parse(path).unwrap().is_within(70_000);
    for there in
        ["0/000", "0/272", "0/273.p/112", "1/000", "1/001.p/17", "2/000.p/1", "entries/273.p/112"]
    {
        assert!(is_there(there), "{there}");
    }
    for beyond in [
        "0/273",
        "0/273.p/113",
        "1/001.p/18",
        "2/000.p/2",
        "3/000.p/1",
        "63/000",
        "entries/274.p/1",
    ] {
        assert!(!is_there(beyond), "{beyond}");
    }
    for wrong in [
        "0",
        "0/",
        "0/0",
        "0/0000",
        "00/000",
        "64/000",
        "0/x000/001",
        "0/1/001",
        "0/000.p/0",
        "0/000.p/256",
        "0/000.p/01",
        "x/000",
        "0/000/",
        "-1/000",
        "0/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert_eq!(Tile::parse(wrong), None, "{wrong}");
    }
    let known = grown((0..600_u32).map(|n| Box::leak(Box::new(n.to_be_bytes())).as_slice()));
    let tile = Tile::parse("1/000.p/2").unwrap();
    assert!(tile.is_within(600));
    let hashes: Vec<_> = tile.positions().iter().map(|at| known.hash(*at).unwrap()).collect();
    assert_eq!(node_hash(hashes[0], hashes[1]), root(512, &known));
    assert_eq!(bundle([b"ab".as_slice(), b""]), Some(vec![0, 2, b'a', b'b', 0, 0]));
    assert_eq!(bundle([vec![0; 65_536].as_slice()]), None);
}
