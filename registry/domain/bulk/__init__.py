"""Long work in resumable steps: values of jobs, and rules about what they carry."""
