/// Every rule there is; one line each, in the order they are asked.
enum CheckList {
    static let all: [any Check] =
        NginxConfigurationChecks.all
        + NginxChecks.all
        + FileChecks.all
        + WireChecks.all
}
