//! HealthKit's identifiers as stable codes, and which kind of event a category type is.
//!
//! The set grows with every iOS, so a code is made by rule, and only what the rule cannot know is in a table.

/// What stands before the telling part of an identifier; the longest first where one begins another.
const PREFIXES: [&str; 14] = [
    "HKQuantityTypeIdentifier",
    "HKCategoryTypeIdentifier",
    "HKCorrelationTypeIdentifier",
    "HKCharacteristicTypeIdentifier",
    "HKDataTypeIdentifier",
    "HKClinicalTypeIdentifier",
    "HKScoredAssessmentTypeIdentifier",
    "HKDocumentTypeIdentifier",
    "HKWorkoutActivityType",
    "HKWorkoutEventType",
    "HKElectrocardiogramClassification",
    "HKBiologicalSex",
    "HKDataType",
    "HK",
];

/// Enumerations whose values are shared by several types, as they stand in `HKCategoryValueSeverityMild`.
const SHARED_VALUES: [&str; 4] = ["Severity", "Presence", "AppetiteChanges", "VaginalBleeding"];

/// `HKQuantityTypeIdentifierVO2Max` is `vo2_max`, `HKWorkoutActivityTypeRunning` is `running`.
pub fn code(identifier: &str) -> String {
    let identifier = identifier.trim();
    let bare = PREFIXES.iter().find_map(|prefix| identifier.strip_prefix(prefix)).unwrap_or(identifier);
    snake_case(if bare.is_empty() { identifier } else { bare })
}

/// The code of a category value: `HKCategoryValueSeverityMild` is `mild`, `HKCategoryValueMenstrualFlowMedium` of the
/// type `HKCategoryTypeIdentifierMenstrualFlow` is `medium`.
pub fn value_code(value: &str, category_type: &str) -> String {
    let Some(bare) = value.trim().strip_prefix("HKCategoryValue") else { return code(value) };
    let own = category_type.strip_prefix("HKCategoryTypeIdentifier").unwrap_or_default();
    let shorter = std::iter::once(own).chain(SHARED_VALUES).filter(|name| !name.is_empty());
    let rest = shorter.filter_map(|name| bare.strip_prefix(name)).find(|rest| !rest.is_empty());
    snake_case(rest.unwrap_or(bare))
}

/// `HeartRateVariabilitySDNN` is `heart_rate_variability_sdnn`. What is no letter or digit parts words as well.
pub fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::with_capacity(name.len() + 8);
    for (at, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at + 1);
        let begins = letter.is_uppercase()
            && (before.is_some_and(|before| before.is_lowercase() || before.is_numeric())
                || (before.is_some_and(|before| before.is_uppercase())
                    && after.is_some_and(|after| after.is_lowercase())));
        if begins && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake.trim_end_matches('_').to_owned()
}

/// Activities by HealthKit's numbers, from 1 on; number 81 has none.
const ACTIVITIES: &str = "american_football archery australian_football badminton baseball basketball bowling boxing climbing \
    cricket cross_training curling cycling dance dance_inspired_training elliptical equestrian_sports fencing fishing \
    functional_strength_training golf gymnastics handball hiking hockey hunting lacrosse martial_arts mind_and_body \
    mixed_metabolic_cardio_training paddle_sports play preparation_and_recovery racquetball rowing rugby running sailing \
    skating_sports snow_sports soccer softball squash stair_climbing surfing_sports swimming table_tennis tennis \
    track_and_field traditional_strength_training volleyball walking water_fitness water_polo water_sports wrestling yoga \
    barre core_training cross_country_skiing downhill_skiing flexibility high_intensity_interval_training jump_rope \
    kickboxing pilates snowboarding stairs step_training wheelchair_walk_pace wheelchair_run_pace tai_chi mixed_cardio \
    hand_cycling disc_sports fitness_gaming cardio_dance social_dance pickleball cooldown - swim_bike_run transition \
    underwater_diving";

/// The activity of one of HealthKit's numbers, as apps send them that never look at the name.
pub fn activity(number: u64) -> Option<&'static str> {
    if number == 3000 {
        return Some("other");
    }
    let at = usize::try_from(number.checked_sub(1)?).ok()?;
    ACTIVITIES.split_ascii_whitespace().nth(at).filter(|code| *code != "-")
}

const SYMPTOMS: &str = "abdominal_cramps bloating constipation diarrhea heartburn nausea vomiting appetite_changes chills \
    dizziness fainting fatigue fever generalized_body_ache hot_flashes chest_tightness_or_pain coughing \
    rapid_pounding_or_fluttering_heartbeat shortness_of_breath skipped_heartbeat wheezing lower_back_pain headache \
    memory_lapse mood_changes loss_of_smell loss_of_taste runny_nose sore_throat sinus_congestion breast_pain pelvic_pain \
    vaginal_dryness acne dry_skin hair_loss night_sweats sleep_changes bladder_incontinence";

const CYCLE: &str = "menstrual_flow intermenstrual_bleeding infrequent_menstrual_cycles irregular_menstrual_cycles \
    persistent_intermenstrual_bleeding prolonged_menstrual_periods cervical_mucus_quality ovulation_test_result \
    progesterone_test_result contraceptive pregnancy pregnancy_test_result lactation menopausal_state \
    bleeding_after_menopause bleeding_after_pregnancy bleeding_during_pregnancy";

const HEART: &str = "low_heart_rate_event high_heart_rate_event irregular_heart_rhythm_event low_cardio_fitness_event \
    hypertension_event apple_walking_steadiness_event sleep_apnea_event";

/// The kind of event (of `model::event::KINDS`) that a category type with this code is.
pub fn event_kind(code: &str) -> &'static str {
    let among = |list: &str| list.split(' ').any(|known| known == code);
    match code {
        _ if among(SYMPTOMS) => "symptoms",
        _ if among(CYCLE) => "cycle",
        _ if among(HEART) => "heart_notifications",
        "state_of_mind" => "state_of_mind",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_codes() {
        for (identifier, expected) in [
            ("HKQuantityTypeIdentifierVO2Max", "vo2_max"),
            ("HKQuantityTypeIdentifierHeartRateVariabilitySDNN", "heart_rate_variability_sdnn"),
            ("HKQuantityTypeIdentifierEnvironmentalSoundReduction", "environmental_sound_reduction"),
            ("HKWorkoutActivityTypeTraditionalStrengthTraining", "traditional_strength_training"),
            ("HKDataTypeSleepDurationGoal", "sleep_duration_goal"),
            ("HKWorkoutEventTypePause", "pause"),
            ("Withings User Identifier", "withings_user_identifier"),
            ("UVExposure", "uv_exposure"),
            ("HK", "hk"),
        ] {
            assert_eq!(code(identifier), expected);
        }
    }

    #[test]
    fn values_lose_the_name_of_their_enumeration() {
        for (value, of, expected) in [
            ("HKCategoryValueSeverityMild", "HKCategoryTypeIdentifierHeadache", "mild"),
            ("HKCategoryValueMenstrualFlowMedium", "HKCategoryTypeIdentifierMenstrualFlow", "medium"),
            ("HKCategoryValueVaginalBleedingLight", "HKCategoryTypeIdentifierMenstrualFlow", "light"),
            ("HKCategoryValueNotApplicable", "HKCategoryTypeIdentifierPregnancy", "not_applicable"),
            ("HKCategoryValueAppetiteChangesDecreased", "HKCategoryTypeIdentifierAppetiteChanges", "decreased"),
            ("2", "HKCategoryTypeIdentifierHeadache", "2"),
        ] {
            assert_eq!(value_code(value, of), expected);
        }
    }

    #[test]
    fn activities_by_number() {
        for (number, code) in [
            (1, Some("american_football")),
            (13, Some("cycling")),
            (37, Some("running")),
            (52, Some("walking")),
            (63, Some("high_intensity_interval_training")),
            (80, Some("cooldown")),
            (81, None),
            (82, Some("swim_bike_run")),
            (84, Some("underwater_diving")),
            (3000, Some("other")),
            (0, None),
            (85, None),
        ] {
            assert_eq!(activity(number), code, "{number}");
        }
    }

    #[test]
    fn kinds_of_events() {
        assert_eq!(event_kind("headache"), "symptoms");
        assert_eq!(event_kind("cervical_mucus_quality"), "cycle");
        assert_eq!(event_kind("high_heart_rate_event"), "heart_notifications");
        assert_eq!(event_kind("sleep_apnea_event"), "heart_notifications");
        assert_eq!(event_kind("state_of_mind"), "state_of_mind");
        assert_eq!(event_kind("audio_exposure_event"), "other");
    }
}
