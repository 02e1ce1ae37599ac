"""When letters died, and times in which letters were late."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import ExpressionWrapper, F, Q


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_webhooks")]

    operations = [
        migrations.AddField(
            model_name="outboxmessage",
            name="died_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="given up at"),
        ),
        migrations.AddIndex(
            model_name="outboxmessage",
            index=models.Index(F("created_at").desc(), F("id"), name="outbox_by_time"),
        ),
        migrations.CreateModel(
            name="Outage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField(verbose_name="since")),
                ("noticed_at", models.DateTimeField(verbose_name="noticed at")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("most_due", models.PositiveIntegerField(default=0, verbose_name="letters that waited")),
                ("longest_seconds", models.PositiveIntegerField(default=0)),
            ],
            options={
                "verbose_name": "outage",
                "verbose_name_plural": "outages",
                "ordering": ["-began_at"],
                "constraints": [
                    models.UniqueConstraint(
                        ExpressionWrapper(Q(ended_at__isnull=True), models.BooleanField()),
                        name="one_outage_at_a_time",
                        condition=Q(ended_at__isnull=True),
                        violation_error_message="Letters are late already.",
                    )
                ],
            },
        ),
    ]
