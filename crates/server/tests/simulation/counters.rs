//! How often the rare things happened: a simulation that never reaches them proves nothing.

macro_rules! counters {
    ($($name:ident = $text:literal,)*) => {
        /// One number for each rare thing.
        #[derive(Debug, Default, Clone)]
        pub struct Counters {
            $(pub $name: u64,)*
        }

        impl Counters {
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }

            pub fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$(($text, self.$name),)*]
            }
        }
    };
}

counters! {
    steps = "steps",
    plans_run = "plans executed",
    applies_run = "applies executed",
    applied = "runs applied",
    stale_epoch_refused = "stale epoch refused",
    stale_report_refused = "report of an old lease refused",
    stale_start_refused = "start of an old lease refused",
    second_start_refused = "second start refused",
    start_repeated = "start repeated and allowed",
    start_answer_lost = "answer to a start lost",
    claim_answer_lost = "answer to a claim lost",
    report_answer_lost = "answer to a report lost",
    report_repeated = "report repeated after it was taken",
    lease_expired_in_upload = "lease expired during upload",
    restart_between_start_and_mark = "restart between start and mark",
    restart_between_mark_and_exec = "restart between mark and exec",
    supervisor_killed_between_mark_and_exec = "supervisor killed between mark and exec",
    host_lost_between_start_and_exec = "host lost between start and exec",
    late_supervisor_refused = "supervisor came late and was refused",
    supervisor_adopted = "running supervisor adopted",
    kept_report_sent = "kept report sent by a later process",
    duplicate_chunk = "duplicate log chunk",
    duplicate_state = "state sent twice",
    late_state = "state kept after giving up",
    late_report = "gave up and came back with a report",
    heard_given_up = "heartbeat of a job given up",
    came_back = "silent and came back",
    clock_forward = "clock stepped forward",
    clock_back = "clock stepped back",
    crash_before_commit = "server crashed before a commit",
    crash_after_commit = "server crashed after a commit",
    plan_requeued = "plan requeued",
    apply_requeued = "apply requeued",
    plan_lost = "plan given up",
    apply_lost = "apply given up before its start",
    apply_uncertain = "apply given up as uncertain",
    not_held = "not held by the agent's next process",
    not_held_but_granted_again = "not held, but given to another by then",
    hello_repeated = "hello repeated",
    hello_of_an_earlier_process = "hello of an earlier process refused",
    same_job_again = "an agent has a job twice, by two leases",
    canceled = "canceled",
    force_canceled = "canceled by force while applying",
    partitions = "partitions",
    server_kills = "server killed",
    agent_kills = "agent killed",
    supervisor_kills = "supervisor killed",
    engine_kills = "engine killed",
    host_kills = "host lost",
}
