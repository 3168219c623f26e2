import EnvironmentDomain

func ofAnotherState(_ created: EnvironmentSnapshot<Created>, _ running: EnvironmentSnapshot<Running>) {
    // expected-error@+1 {{initializer is inaccessible due to 'package' protection level}}
    _ = EnvironmentSnapshot<Running>(context: created.context, state: running.state)
}
