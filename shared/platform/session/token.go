package session

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"mercato/shared/platform/fault"
)

// Issuer and audience of every token.
const (
	issuer   = "mercato"
	audience = "mercato-api"
)

// clockSkew is how far the clocks of two functions may differ.
const clockSkew = 30 * time.Second

type claims struct {
	jwt.RegisteredClaims

	UserID    int64  `json:"userId"`
	Username  string `json:"username"`
	Email     string `json:"email"`
	Role      Role   `json:"role"`
	SessionID string `json:"sid"`
}

// Sign makes an access token for the caller that lives from now for ttl.
func (k PrivateKey) Sign(c Caller, now time.Time, ttl time.Duration) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: strconv.FormatInt(c.UserID, 10), Audience: jwt.ClaimStrings{audience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(ttl)), ID: uuid.NewString(),
		},
		UserID: c.UserID, Username: c.Username, Email: c.Email, Role: c.Role, SessionID: c.SessionID,
	})
	token.Header["kid"] = k.ID
	signed, err := token.SignedString(k.key)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed, nil
}

// Verify returns the session that a token names. Unauthenticated for a token that is forged, expired,
// for somebody else, or signed in any other way than ours.
func (keys PublicKeys) Verify(token string, now time.Time) (sid string, err error) {
	var c claims
	_, err = jwt.ParseWithClaims(token, &c, keys.find,
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithLeeway(clockSkew), jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }))
	if err == nil && (uuid.Validate(c.SessionID) != nil || strings.ContainsAny(token, "\r\n")) { // base64 skips line ends, even when strict
		err = jwt.ErrTokenInvalidClaims
	}
	if err != nil {
		return "", &fault.Error{Kind: fault.Unauthenticated, Message: "Sign in again.", Err: err}
	}
	return c.SessionID, nil
}

func (keys PublicKeys) find(t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	key, ok := keys[kid]
	if !ok {
		return nil, jwt.ErrTokenUnverifiable
	}
	return key, nil
}
