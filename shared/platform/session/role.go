package session

// Role is what a user is to the shop. Every user sells and buys, whatever the role.
type Role string

// The roles.
const (
	RoleUser      Role = "USER"
	RoleModerator Role = "MODERATOR"
	RoleOperator  Role = "OPERATOR"
	RoleAdmin     Role = "ADMIN"
)

// Rule says who may call an endpoint: Anyone, Visitor, User, or the holder of a permission.
type Rule string

// The rules. Anyone is not even looked at; a Visitor is looked up and may turn out to be nobody. All
// after User are permissions that a role carries.
const (
	Anyone           Rule = "anyone"
	Visitor          Rule = "visitor"
	User             Rule = "user"
	ProductsModerate Rule = "products:moderate"
	OrdersReadAny    Rule = "orders:read-any"
	OpsRead          Rule = "ops:read"
	OpsReplay        Rule = "ops:replay"
	UsersRead        Rule = "users:read"
	UsersWrite       Rule = "users:write"
)

// Permissions lists what the role may do beyond a user's own things, never nil.
func (r Role) Permissions() []Rule {
	switch r {
	case RoleModerator:
		return []Rule{ProductsModerate, OrdersReadAny}
	case RoleOperator:
		return []Rule{OpsRead, OpsReplay}
	case RoleAdmin:
		return []Rule{ProductsModerate, OrdersReadAny, OpsRead, OpsReplay, UsersRead, UsersWrite}
	default:
		return []Rule{}
	}
}
