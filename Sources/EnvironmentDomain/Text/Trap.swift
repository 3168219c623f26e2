/// Ends the process over a mistake in its source, such as a wrong literal, with a message also in a release build, in
/// which a failed precondition says nothing.
package func trap(_ message: String) -> Never { fatalError(message) }
