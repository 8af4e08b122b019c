//! Names of months in the languages whose phones are commonest; they agree wherever two of them share three letters.

const NAMES: [&str; 6] = [
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
];

/// The month, 1 to 12, of a lower-case name in full or cut to three letters or more.
pub fn number(word: &str) -> Option<i16> {
    // `jui` could be June or July.
    let long_enough = word.chars().count() >= 3 && word != "jui";
    let at = NAMES
        .iter()
        .filter(|_| long_enough)
        .find_map(|names| names.split(' ').position(|name| name.starts_with(word)))?;
    i16::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_mean_one_month_in_all_languages() {
        for (word, month) in
            [("sep", 9), ("sept", 9), ("märz", 3), ("mär", 3), ("juil", 7), ("août", 8), ("dic", 12), ("okt", 10)]
        {
            assert_eq!(number(word), Some(month), "{word}");
        }
        for word in ["", "ma", "jui", "smarch"] {
            assert_eq!(number(word), None, "{word}");
        }
        let heads =
            |names: &str| -> Vec<String> { names.split(' ').map(|name| name.chars().take(3).collect()).collect() };
        let all: Vec<(String, i16)> = NAMES.iter().flat_map(|names| heads(names).into_iter().zip(1..)).collect();
        for (head, month) in all.iter().filter(|(head, _)| head != "jui") {
            assert_eq!(number(head), Some(*month), "{head}");
        }
    }
}
