import EnvironmentDomain

// The only public initializer creates a `Created` environment, so that the compiler's errors mention that state.

func fromItsSnapshot(_ snapshot: EnvironmentSnapshot<Provisioned>) {
    // expected-error@+3 {{requires the types 'Provisioned' and 'Created' be equivalent}}
    // expected-error@+2 {{missing argument label 'name:' in call}}
    // expected-error@+1 {{cannot convert value of type 'EnvironmentSnapshot<Provisioned>'}}
    _ = Environment<Provisioned>(snapshot)
}

func inALaterState(_ name: EnvironmentName, _ credentials: SSHCredentials) {
    // expected-error@+1 {{requires the types 'Provisioned' and 'Created' be equivalent}}
    _ = Environment<Provisioned>(name: name, sshCredentials: credentials)
}
