/// Ends the process because of a mistake in its source, such as an invalid literal.
///
/// The message is also printed in release builds, in which a failed precondition prints none.
package func trap(_ message: String) -> Never { fatalError(message) }
