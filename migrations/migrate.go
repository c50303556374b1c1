package migrations

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
)

// Migrate is the task of the db-migrate function.
var Migrate = platform.Task[*Migrator, struct{}, Report]{
	Name: "db-migrate", Summary: "Bring the database up to its schema and seed the stage's demo data",
	Open: open, Do: (*Migrator).migrate,
}

// Migrator holds the owner's connection.
type Migrator struct {
	owner  *pgxpool.Pool
	config config.Config
}

// Report says what was done.
type Report struct {
	Applied []Applied `json:"applied"`
}

func open(e *platform.Env) *Migrator { return &Migrator{e.Postgres("owner"), e.Config()} }

func (m *Migrator) migrate(ctx context.Context, _ struct{}) (Report, error) {
	applied, err := Apply(ctx, m.owner, m.config.DatabasePassword)
	if err == nil {
		err = Seed(ctx, m.owner, m.config.Stage)
	}
	return Report{append([]Applied{}, applied...)}, err
}
