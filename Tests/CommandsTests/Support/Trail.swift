import Commands
import EnvironmentDomain
import Synchronization

/// The actions of a test's steps, in their order.
final class Trail: Sendable {
    private let names = Mutex<[String]>([])

    func add(_ name: String) { names.withLock { $0.append(name) } }
    func clear() { names.withLock { $0 = [] } }
    var all: [String] { names.withLock(\.self) }

    /// Returns steps that record their names; the last one of provisioning sets an address.
    func steps(_ names: String..., failing: String? = nil) throws -> [Step] {
        try names.map { name in
            Step(try StepName(name)) { context in
                self.add(name)
                if name == names.last { try context.set(.instanceAddress, to: "10.0.0.7") }
                if name == failing { throw StepError(kind: "broken", summary: "\(name) is broken") }
            }
        }
    }
}
