//! The metrics of the demo as each sender names them, beside those of `history`.

use crate::synth::history::Measure;

macro_rules! measures {
    ($($constant:ident $name:literal $healthkit:literal $unit:literal)*) => {
        $(pub static $constant: Measure = Measure { name: $name, healthkit: $healthkit, unit: $unit };)*
    };
}

measures! {
    FLIGHTS "flights_climbed" "FlightsClimbed" "count"
    BASAL "basal_energy_burned" "BasalEnergyBurned" "kcal"
    EXERCISE "apple_exercise_time" "AppleExerciseTime" "min"
    STAND_TIME "apple_stand_time" "AppleStandTime" "min"
    STAND_HOUR "apple_stand_hour" "AppleStandHour" "count"
    CYCLING "cycling_distance" "DistanceCycling" "km"
    SWIMMING "swimming_distance" "DistanceSwimming" "m"
    RESTING "resting_heart_rate" "RestingHeartRate" "count/min"
    WALKING_RATE "walking_heart_rate_average" "WalkingHeartRateAverage" "count/min"
    VARIABILITY "heart_rate_variability" "HeartRateVariabilitySDNN" "ms"
    VO2_MAX "vo2_max" "VO2Max" "mL/min·kg"
    RESPIRATION "respiratory_rate" "RespiratoryRate" "count/min"
    WRIST "apple_sleeping_wrist_temperature" "AppleSleepingWristTemperature" "degC"
    FAT "body_fat_percentage" "BodyFatPercentage" "%"
    LEAN "lean_body_mass" "LeanBodyMass" "kg"
    MASS_INDEX "body_mass_index" "BodyMassIndex" "count"
    SYSTOLIC "blood_pressure_systolic" "BloodPressureSystolic" "mmHg"
    DIASTOLIC "blood_pressure_diastolic" "BloodPressureDiastolic" "mmHg"
    WALKING_SPEED "walking_speed" "WalkingSpeed" "km/hr"
    STEP_LENGTH "walking_step_length" "WalkingStepLength" "cm"
    STEADINESS "walking_steadiness" "AppleWalkingSteadiness" "%"
    DAYLIGHT "time_in_daylight" "TimeInDaylight" "min"
    HEADPHONES "headphone_audio_exposure" "HeadphoneAudioExposure" "dBASPL"
    SURROUNDINGS "environmental_audio_exposure" "EnvironmentalAudioExposure" "dBASPL"
    WATER "dietary_water" "DietaryWater" "mL"
    CAFFEINE "dietary_caffeine" "DietaryCaffeine" "mg"
}
