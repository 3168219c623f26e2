import ArgumentParser
import CommandLineProgram

/// The numbers of the command line.
enum NumberArgument {
    /// A whole number from 0.
    static func whole(_ word: String) throws -> Int {
        guard let number = NumberWord.whole(word) else {
            throw ValidationError("\(word) is no whole number from 0, such as 5.")
        }
        return number
    }

    /// A number of seconds from 0, which may have a fraction.
    static func seconds(_ word: String) throws -> Double {
        guard let number = NumberWord.decimal(word), number <= 1e9 else {
            throw ValidationError("\(word) is no number of seconds from 0 to 1000000000, such as 10 or 0.5.")
        }
        return number
    }
}
