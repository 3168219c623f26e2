import EnvironmentDomain

func provisioned(_ instance: Instance) {
    // expected-error@+2 {{incorrect argument label in call (have 'instance:', expected 'from:')}}
    // expected-error@+1 {{argument type 'Instance' does not conform to expected type 'Decoder'}}
    _ = Provisioned(instance: instance)
}

func created() {
    // expected-error@+1 {{missing argument for parameter 'from' in call}}
    _ = Created()
}

func destroyed() {
    // expected-error@+1 {{missing argument for parameter 'from' in call}}
    _ = Destroyed()
}
