import EnvironmentDomain

func provisioned(_ instance: Instance) {
    // expected-error@+1 {{no exact matches in call to initializer}}
    _ = Provisioned(instance: instance)
}

func created() {
    // expected-error@+1 {{missing argument for parameter 'stored' in call}}
    _ = Created()
}

func destroyed() {
    // expected-error@+1 {{missing argument for parameter 'stored' in call}}
    _ = Destroyed()
}
