import EnvironmentDomain

// A type outside the module can declare the requirements of the protocol, but cannot be the state of an environment.
struct Melted: EnvironmentState {
    static let name = LifecycleState.running

    init() {}
    init(stored members: StoredMemberReader) {}
    func store(in members: StoredMemberWriter) {}

    static func erase(_ snapshot: EnvironmentSnapshot<Melted>) -> AnyEnvironmentState {
        // expected-error@+2 {{cannot convert value of type 'EnvironmentSnapshot<Melted>'}}
        // expected-note@+1 {{generic parameter 'State'}}
        .running(snapshot)
    }

    static func unerase(_ erased: AnyEnvironmentState) -> EnvironmentSnapshot<Melted>? {
        // expected-error@+1 {{initializer is inaccessible due to 'package' protection level}}
        EnvironmentSnapshot(context: erased.context, state: Melted())
    }
}
