"""Every control of the page, and the test that uses it with the mouse or the keyboard.

A control is named by its view and by what it is called there; those that each job, webhook or operation has, by what
they belong to. The fixture ``seen`` finds whether a test has used what stands here for it.
"""

from __future__ import annotations

from typing import Final

_TESTS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "page": {
        "test_each_view_is_reached_by_its_link_and_its_content_by_the_keyboard": (
            *("Skip to the content", "vidmock: jobs"),
            *("Jobs", "Webhooks", "Clock", "Faults", "Money", "Worlds", "Validate", "API"),
        ),
        "test_the_mode_is_set_for_the_chosen_world_or_for_all": ("World",),
    },
    "jobs": {
        "test_jobs_are_found_by_prompt_provider_and_state": (
            *("Prompt has", "Provider", "State", "tile", "← All jobs", "Webhooks"),
        ),
        "test_no_more_tiles_are_made_than_can_be_looked_through": ("Show older jobs",),
        "test_a_jobs_outcome_is_forced_by_a_click": ("Outcome", "Have it end so"),
        "test_a_job_is_copied_by_clicks": ("curl", "Python", "scenario", "pytest"),
    },
    "webhooks": {
        "test_a_webhook_is_sent_again_by_a_click": ("webhook", "Redeliver"),
        "test_copies_are_sent_by_clicks_and_the_receivers_answer_is_shown": (
            *("Forged", "Unsigned", "Unknown key", "Several", "Late", "Late: seconds"),
        ),
        "test_only_what_can_be_seen_at_the_provider_is_offered_and_refusals_are_told": ("Several: times",),
        "test_whatever_a_receiver_answers_is_text_and_secrets_are_hidden": ("attempt", "job"),
        "test_older_ones_are_shown_by_a_click": ("Show older webhooks",),
    },
    "clock": {
        "test_time_passes_by_each_button_of_the_clock": (
            *("+1 s", "+15 min", "To the next event", "Until idle", "Advance by that", "job"),
        ),
        "test_the_mode_is_set_for_the_chosen_world_or_for_all": (
            *("Length of time", "Time passes", "Times as fast", "Set the mode"),
        ),
    },
    "faults": {
        "test_a_fault_with_arguments_and_an_aim_is_put_in_force_strikes_and_is_removed": (
            *("In the world", "Effect", "argument", "Phase", "Provider", "Model", "Operation", "Prompt has"),
            *("Only call number", "At most times", "Probability", "Name", "Put it in force", "Remove"),
        ),
        "test_every_effect_has_a_form_that_puts_it_in_force": ("Remove all",),
        "test_what_is_wrong_with_a_fault_is_said": ("For the API key", "Job"),
        "test_a_scenario_is_started_by_a_click": ("Scenario", "Start the scenario"),
        "test_a_scenario_of_ones_own_is_started": ("Its file, as JSON; a job can be copied as one",),
    },
    "money": {
        "test_a_budget_is_set_by_a_click": ("Budget of", "USD", "Set the budget"),
        "test_older_ones_are_shown_by_a_click": ("Show older jobs", "Show older files", "job"),
    },
    "worlds": {
        "test_a_world_is_made_chosen_reset_and_deleted_by_clicks": (
            *("API key", "Make its world", "Show only this", "Reset", "Delete"),
        ),
        "test_a_world_is_forked_saved_and_restored_by_clicks": (
            *("Key of the copy", "Fork", "Save a snapshot", "Snapshot", "For the key", "Restore it"),
        ),
    },
    "validate": {
        "test_a_request_is_judged_with_its_evidence_its_answer_and_the_edit_that_makes_it_valid": (
            *("Provider", "Model", "Request, with the provider's envelope or without", "Validate"),
            *("Use the valid one", "Copy the patch", "answer"),
        ),
        "test_what_is_known_of_a_file_that_a_request_names_is_judged_and_priced": ("fact",),
    },
    "api": {
        "test_each_operation_of_the_api_can_be_read": ("Find", "operation"),
        "test_an_operation_is_tried_by_its_form": ("parameter", "Body", "Send"),
    },
}
CONTROLS: Final = {
    (view, control): test for view, tests in _TESTS.items() for test, controls in tests.items() for control in controls
}
"""The test of each control."""
