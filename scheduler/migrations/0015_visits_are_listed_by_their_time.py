from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduler", "0014_what_could_not_be_known_is_counted"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["period", "id"], name="visit_in_order"),
        ),
    ]
