//! Who may do what, with what they come with.

use chrono::DateTime;

use super::super::policy::tests::ACTIONS;
use super::*;

fn codes() -> (ParticipantCode, ParticipantCode) {
    (ParticipantCode::parse("FRA").unwrap(), ParticipantCode::parse("DEU").unwrap())
}

fn actor(role: Role, means: Means) -> Actor {
    asking(somebody(role, means))
}

fn somebody(role: Role, means: Means) -> Known {
    Known::by(means, AccountId::fresh(), role, vec![codes().0])
}

fn asking(known: Known) -> Actor {
    known.asking(Request { id: "r".into(), idempotency: None, is_dry_run: false })
}

fn login() -> Means {
    Means::Login(TokenId::fresh())
}

fn key(participant: Option<ParticipantCode>) -> Means {
    let (id, expires_at) = (ApiKeyId::fresh(), DateTime::UNIX_EPOCH);
    Means::Key(Grant { id, scopes: vec![], participant, expires_at })
}

#[test]
fn r38_another_participants_business_does_not_exist_for_a_focal_point() {
    let (own, other) = codes();
    let actor = actor(Role::FocalPoint, login());
    for (_, action) in ACTIONS {
        if action(&other).participant().is_some() {
            assert_eq!(actor.permit(action(&other)).unwrap_err(), Denied::Invisible);
            assert_ne!(actor.permit(action(&own)).err(), Some(Denied::Invisible));
        }
    }
}

#[test]
fn a_key_may_never_do_what_its_account_may_not() {
    let (own, other) = codes();
    for role in Role::ALL {
        let person = actor(*role, login());
        for bound_to in [None, Some(own.clone()), Some(other.clone())] {
            let system = actor(*role, key(bound_to.clone()));
            for (name, action) in ACTIONS {
                for code in [&own, &other] {
                    let (may, it_may) = (person.may(action(code)), system.may(action(code)));
                    assert!(may || !it_may, "{role} {name} {bound_to:?}");
                }
            }
        }
    }
}

#[test]
fn r38_to_a_key_of_one_participant_another_does_not_exist_whatever_its_account_sees() {
    let (own, other) = codes();
    for role in Role::ALL {
        let system = actor(*role, key(Some(own.clone())));
        assert_eq!(system.sees_only(), Some([own.clone()].as_slice()), "{role}");
        for (name, action) in ACTIONS {
            let action = action(&other);
            if action.participant().is_some() {
                assert_eq!(system.permit(action).unwrap_err(), Denied::Invisible, "{role} {name}");
            }
        }
    }
}

#[test]
fn no_key_keeps_an_account() {
    for role in Role::ALL {
        let system = actor(*role, key(None));
        for action in [Action::KeepOwnAccount, Action::KeepAccounts, Action::AcceptInvitation] {
            assert_eq!(system.permit(action).unwrap_err(), Denied::Forbidden, "{role}");
        }
    }
}

#[test]
fn what_is_grave_is_permitted_with_a_fresh_factor_alone_and_nothing_else_asks_for_one() {
    let (code, _) = codes();
    for role in Role::ALL {
        let fresh = asking(somebody(*role, login()));
        let stale = asking(Known { is_fresh: false, ..somebody(*role, login()) });
        for (name, action) in ACTIONS {
            let (with, without) = (fresh.permit(action(&code)), stale.permit(action(&code)));
            let expected = match with.err() {
                None if action(&code).is_grave() => Some(Denied::StepUp),
                refused => refused,
            };
            assert_eq!(without.err(), expected, "{role} {name}");
            // Whether it is theirs to do is shown all the same.
            assert_eq!(stale.may(action(&code)), fresh.may(action(&code)));
        }
    }
}

#[test]
fn no_key_does_what_is_grave_but_to_fetch_a_report() {
    let (code, _) = codes();
    for role in Role::ALL {
        let system = actor(*role, key(None));
        let grave = ACTIONS.iter().map(|(_, action)| action(&code)).filter(|a| a.is_grave());
        let is_report =
            |a: &Action<'_>| matches!(a, Action::ExportDelegations | Action::ExportVetting);
        for action in grave.filter(|action| !is_report(action)) {
            assert!(!system.may(action), "{role} {action:?}");
        }
    }
}

#[test]
fn who_must_get_a_password_or_a_factor_of_their_own_can_do_nothing_else() {
    let (code, _) = codes();
    let known = somebody(Role::Treaty, login());
    let no_password = asking(Known { must_change_password: true, ..known.clone() });
    let no_factor = asking(Known { must_enrol: true, ..known.clone() });
    let half = asking(Known { is_half: true, ..known });
    for (name, action) in ACTIONS {
        let action = action(&code);
        let keeps = action == Action::KeepOwnAccount;
        assert_eq!(no_password.permit(action).is_ok(), keeps, "{name}");
        let enrols = keeps || action == Action::ChangeFactors;
        assert_eq!(no_factor.permit(action).is_ok(), enrols, "{name}");
        assert_eq!(half.permit(action).is_ok(), keeps, "{name}");
    }
}
