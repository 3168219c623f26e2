import EnvironmentTool
import TypedEnvironments

/// Every command of `envctl`, under the name `shop` and with the shop's provider.
@main
struct ShopTool: EnvironmentTool {
    static let name = "shop"
    static let version = "1.4.0"
    static let summary = "Deploys the shop and its catalogue."
    static let providers = [shop]
}
