//! Lives a plan twice: in this process on a sound disk, and with the real program under faults. Both must end alike.

use health_export::synth::phone::scenario::{Send, What as Sent};

use crate::faulty::Faulty;
use crate::met::Met;
use crate::plan::{Plan, What};
use crate::world::{Machine, Taken};

/// What is read now and then.
const LOOKS: [&str; 3] = ["/api/v1/metrics", "/api/v1/sleep", "/api/v1/deliveries"];

/// What became of the requests of each sync.
type All = Vec<Vec<Taken>>;

/// What did not hold, and what was met. None where the machine cannot do it.
pub fn live(machine: &Machine, plan: &Plan) -> Option<(Result<(), String>, Met)> {
    let scenario = &plan.scenario;
    let home = scenario.phone.calendar.home().iana_name().unwrap_or("UTC");
    let mut faulty = Faulty::start(machine, home, scenario.sends[0].at)?;
    let held = compare(machine, plan, &mut faulty);
    Some((held, faulty.met))
}

fn compare(machine: &Machine, plan: &Plan, faulty: &mut Faulty) -> Result<(), String> {
    let metrics = &plan.scenario.plan.metrics;
    let program = machine.in_process(&plan.scenario);
    let (mut wanted, mut found) = (All::new(), All::new());
    let mut offset = 0;
    for place in 0..=plan.scenario.sends.len() {
        let send = plan.scenario.sends.get(place);
        let now = send.or(plan.scenario.sends.last()).map_or(0, |send| send.at) + offset;
        for what in plan.before(place) {
            match what {
                What::Fault { operation, at, many, error } => faulty.arm(*operation, (*at, *many), *error),
                What::Jump(seconds) => offset = *seconds,
                What::Restart { killed, zone } => faulty.restart(*killed, *zone)?,
                What::Look => LOOKS.iter().try_for_each(|path| faulty.look(path))?,
                What::Delete(gone) => {
                    wanted[*gone].iter().for_each(|taken: &Taken| program.delete(&taken.delivery, now));
                    found[*gone].iter().try_for_each(|taken: &Taken| faulty.delete(&taken.delivery, now))?;
                    faulty.delete_unfinished(&found.concat(), now)?;
                }
            }
        }
        if let Some(send) = send {
            let requests = plan.scenario.requests(send).unwrap();
            let (mut sound, mut under_faults) = (Vec::new(), Vec::new());
            for (number, request) in (0..).zip(&requests) {
                let at = send.at + offset + number * 2;
                let taken = program.give(request, at)?;
                let given = faulty.give(request, at)?;
                counts_are_right(send, &taken, &given.taken, given.may_be_known)?;
                sound.push(taken);
                under_faults.push(given.taken);
            }
            wanted.push(sound);
            found.push(under_faults);
        }
    }
    let difference = program.answers(metrics).difference(&faulty.answers(metrics)?);
    if let Some((subject, detail)) = difference {
        return Err(format!("{subject} is another than without faults: {detail}"));
    }
    faulty.is_sound(&found.concat())
}

/// The counts are those of a sound disk. What an earlier try has stored without saying so is unchanged: all of a delivery, and as many
/// pieces of a file as were stored.
fn counts_are_right(send: &Send, wanted: &Taken, found: &Taken, may_be_known: bool) -> Result<(), String> {
    let (wanted, found) = (wanted.counts, found.counts);
    let is_file = matches!(send.what, Sent::Export | Sent::File(_));
    let is_repeat = match is_file {
        true => found.stored <= wanted.stored && found.updated <= wanted.updated,
        false => found.stored + found.updated == 0,
    };
    let is_whole = found.received == wanted.received && found.quarantined == wanted.quarantined;
    if found == wanted || may_be_known && is_whole && is_repeat {
        return Ok(());
    }
    Err(format!("the counts of {:?} {} are {found:?}, not {wanted:?}", send.what, send.number))
}
